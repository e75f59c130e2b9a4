"""Text generators: a model on Amazon Bedrock, or a small model on this machine."""
