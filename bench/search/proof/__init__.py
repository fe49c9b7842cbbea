"""Measures samplers against their peers: one harness that drives ravine's methods and all others alike."""
