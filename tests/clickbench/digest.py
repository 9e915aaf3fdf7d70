"""One row's digest, the same whichever engine printed it."""

import datetime
import decimal
import hashlib
import re

NUMBER = re.compile(r"^-?\d+(\.\d+)?([eE][-+]?\d+)?$")


def normal_number(value):
    number = decimal.Decimal(str(value))
    if number == number.to_integral_value() and abs(number) < decimal.Decimal(10) ** 38:
        return str(int(number))
    return f"{float(number):.9g}"


def normal(value):
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, (int, float, decimal.Decimal)):
        return normal_number(value)
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, datetime.date):
        return value.isoformat()
    text = str(value)
    return normal_number(text) if NUMBER.match(text) else text


def digest(row):
    text = "\x1f".join(normal(value) for value in row)
    return hashlib.sha1(text.encode("utf-8", "surrogateescape")).hexdigest()[:10]
