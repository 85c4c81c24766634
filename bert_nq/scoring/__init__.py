"""Measures of tasks and what goes with them. Knows neither TensorFlow nor models."""
