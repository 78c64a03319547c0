"""Configuration of a service, read once from the environment."""

from libs.settings.service_settings import ServiceSettings, SettingsError, load_settings

__all__ = ["ServiceSettings", "SettingsError", "load_settings"]
