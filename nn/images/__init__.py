"""What a network sees: MNIST's images, drawings in the same form, and distorted images to learn from."""
