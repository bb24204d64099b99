"""What a network sees: MNIST's images, drawings brought to their form, and distorted images to learn from as well."""
