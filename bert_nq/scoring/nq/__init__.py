"""The measures of Natural Questions, its gold answers and its reports."""
