"""What a network sees: MNIST's images, drawings in the same form, and distorted images to learn from."""

NON_DIGIT = -1  # the label of an image that shows no digit, such as a letter
