"""A film in which a trained network bends space, layer by layer.

After Chris Olah, "Neural Networks, Manifolds, and Topology", 2014: each layer turns, stretches
and moves what it gets, and bends it by its activation. Numbers and geometry come from a
Recording; nothing here knows Keras. The parts are imported where they are needed, so that
the command line starts at once.
"""
