"""Work spread over processes or Spark, noted as it is done, and resumed."""
