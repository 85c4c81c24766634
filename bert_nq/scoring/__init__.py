"""The measures of Natural Questions. Knows neither TensorFlow nor models."""
