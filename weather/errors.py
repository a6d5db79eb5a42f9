"""The errors that the weather demonstration raises on purpose."""


class WeatherError(Exception):
    """An error that its message explains, with what to do next."""


class NoRecordError(WeatherError):
    """An item of the table that is not a weather record: something else wrote it."""
