"""The user's settings, from `.env` and the environment."""

from stacks.settings.settings import (
    DEFAULT_STACK,
    MOMENTO_REGIONS,
    STATE_STACK,
    PipeLogLevel,
    Settings,
    SettingsError,
    misspelt_settings,
)

__all__ = [
    "DEFAULT_STACK",
    "MOMENTO_REGIONS",
    "STATE_STACK",
    "PipeLogLevel",
    "Settings",
    "SettingsError",
    "misspelt_settings",
]
