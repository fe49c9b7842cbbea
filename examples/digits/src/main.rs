//! A small honest neural network on the UCI handwritten digits: ravine's demo objective.
fn main() {}
