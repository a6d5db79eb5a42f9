"""The errors that the weather demonstration raises on purpose."""


class WeatherError(Exception):
    """Something is wrong that its message explains, with what to do next."""


class NoRecordError(WeatherError):
    """An item of the table is no weather record: somebody else wrote it."""
