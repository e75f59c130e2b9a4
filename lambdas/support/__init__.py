"""What functions share: settings, HTTP, observability, and clients."""
