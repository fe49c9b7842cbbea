//! Drives one study: a pure dispatcher, and the actors that perform its effects.
