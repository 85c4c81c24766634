"""Windows to TFRecord bytes and back."""
