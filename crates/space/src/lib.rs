//! What can be tried: parameters, conditions, expressions, encoding to vectors. Pure.
