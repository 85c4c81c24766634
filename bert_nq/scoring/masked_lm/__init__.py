"""How well masked language models tell hidden pieces. Free of TensorFlow."""
