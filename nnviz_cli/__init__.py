"""nnviz: a YAML spec goes in, a film of a neural network learning comes out."""

__version__ = "0.1.0"
