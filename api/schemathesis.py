"""What a JSON schema cannot say of the session API, told to schemathesis, which judges a server by openapi.yaml.

It makes everything up from the document alone; of what it made up, these few things are set right. Each is a sentence of README.md.
"""

import gzip
import json

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    name_the_caller(case)
    keep_series_short(case)
    leave_out_nulls(case.body)
    order_ranges(case.body)
    compress(case, kwargs)


def name_the_caller(case):
    """In a server without login, whoever reads or erases names themselves, which elsewhere a token does."""
    if case.method in ("GET", "DELETE") and any(one.name == "userId" for one in case.operation.query):
        case.query.setdefault("userId", "ada")


def keep_series_short(case):
    """A series has at most 1,500 points: a day of minutes, two months of hours."""
    if not case.path.endswith("/timeline"):
        return
    bucket, days = case.query.get("bucket", "hour"), str(case.query.get("daysBack", 1))
    longest = {"minute": 1, "hour": 62}.get(str(bucket), 365)
    if days.isdigit() and longest < int(days) <= 365:
        case.query["daysBack"] = longest


def leave_out_nulls(body):
    """`null` is as good as absent; only an event's data may be null and mean it."""
    if isinstance(body, list):
        for one in body:
            leave_out_nulls(one)
    if isinstance(body, dict):
        for name in [name for name, value in body.items() if value is None and name != "eventData"]:
            del body[name]
        for value in body.values():
            leave_out_nulls(value)


def order_ranges(body):
    """A range of sequence numbers is a first and a last one."""
    drops = body.get("dropped") if isinstance(body, dict) else None
    for drop in drops if isinstance(drops, list) else []:
        ranges = drop.get("seq") if isinstance(drop, dict) else None
        for pair in ranges if isinstance(ranges, list) else []:
            if isinstance(pair, list) and all(type(one) in (int, float) for one in pair):
                pair.sort()


def compress(case, kwargs):
    """A body that is marked as compressed is compressed."""
    if case.query.get("encoding") == "gzip" and isinstance(case.body, (dict, list)):
        kwargs["data"] = gzip.compress(json.dumps(case.body).encode())
