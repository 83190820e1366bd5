"""kviz's two views of the ring network: seconds a frame, training included.

Run by an interpreter that has kviz, TensorFlow and Pillow: `kviz_peer.py FRAMES [features]`.
kviz draws models trained on cross-entropy only, and knows an older Keras: it is told a
shape where it looks for one, and another loss than the model is trained with.
"""

import json
import os
import sys
import tempfile
import time

import keras
import numpy as np
from kviz.visualizer import Visualizer
from notebook import rings

if __name__ == "__main__":
    frames, features = int(sys.argv[1]), sys.argv[2:] == ["features"]
    x, y = rings()
    net = keras.Sequential(
        [
            keras.layers.Dense(3, activation="tanh", input_dim=2),
            keras.layers.Dense(2, activation="tanh"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    net.compile(keras.optimizers.SGD(1e-3), loss="mse", metrics=["accuracy"])
    net.loss = "binary_crossentropy"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        started = time.perf_counter()
        Visualizer(net).fit(
            x,
            y[:, 0].astype(np.int32),
            snap_freq=1,
            epochs=frames,
            batch_size=32,
            verbose=0,
            view_feature_space=features,
        )
        print(json.dumps((time.perf_counter() - started) / frames))
