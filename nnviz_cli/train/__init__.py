"""Training with Keras, and nothing but training."""
