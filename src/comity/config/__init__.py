"""`comity.yaml`: reading it with places, checking it as a whole, and assembling a gateway's settings."""

from comity.config.load import load_settings

__all__ = ["load_settings"]
