"""The error that the weather demonstration raises on purpose."""


class WeatherError(Exception):
    """Something is wrong that its message explains, with what to do next."""
