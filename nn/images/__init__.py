"""Images for a network: MNIST's, drawings in the same form, and more to learn from."""

import numpy as np

NON_DIGIT = -1  # the label of an image that shows no digit, such as a letter
PREPARATIONS = "mnist", "normalized"  # how images are prepared for a network: see preprocessing.py


def checked_images(images, name="Images", floats=True):
    """Images as an array (n, 784) of uint8 or, if allowed, floats other than NaN. Raises ValueError for others."""
    images = np.asarray(images)
    is_float = floats and images.dtype.kind == "f"
    if images.ndim != 2 or images.shape[1] != 784 or not (is_float or images.dtype == np.uint8):
        allowed = "uint8 in 0..255 or floats in 0..1" if floats else "uint8"
        raise ValueError(f"{name} must be {allowed}, (n, 784), not {images.dtype} {images.shape}.")
    if is_float and np.isnan(images).any():
        raise ValueError(f"{name} must be numbers, but some of their pixels are NaN.")
    return images
