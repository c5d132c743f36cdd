"""Comity: one endpoint for AI models on every cloud, each request served inside the agreements you signed."""

__version__ = "0.1.0"
