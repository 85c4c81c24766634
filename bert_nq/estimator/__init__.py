"""What training and prediction share of the Estimator."""
