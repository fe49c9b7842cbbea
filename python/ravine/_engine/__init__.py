"""The ``ravine`` program, driven from Python: found, started, listened to, its results read."""
