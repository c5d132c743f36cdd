"""The running gateway: composition only. It decides, translates and records nothing itself, it only calls."""

from comity.gateway.clock import Clock, rehearse
from comity.gateway.settings import LedgerSettings, Listen, Settings
from comity.gateway.supervisor import Supervisor

__all__ = ["Clock", "LedgerSettings", "Listen", "Settings", "Supervisor", "rehearse"]
