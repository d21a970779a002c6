"""The features of an access log's line, as the adapter (plugins/weblog/src/features.rs) computes them, bit for bit.

Of one line, as it is written: escapes stay escapes, and lengths are bytes.
"""

import re
from datetime import date

import numpy as np

NAMES = [
    "method", "http_version", "target_bytes", "path_depth", "extension", "query_params", "odd_bytes", "path_digits",
    "status", "bytes", "has_referer", "referer_bytes", "referer_depth", "agent_bytes", "agent_is_browser", "agent_says_bot",
    "agent_version", "agent_is_mobile", "hour", "weekday", "is_ipv6", "is_logged_in",
]
QUOTED = rb'"((?:[^"\\]|\\.)*)"'
LINE = re.compile(rb"(\S+) (\S+) (.+?) \[([^\]]+)\] " + QUOTED + rb" (\d{3}) (\d+|-) " + QUOTED + b" " + QUOTED + rb"(?: .*)?")
METHODS = [b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"CONNECT", b"TRACE", b"PROPFIND"]
OTHER_METHOD, NO_REQUEST = 10, 11
VERSIONS = {b"HTTP/1.0": 10, b"HTTP/1.1": 11, b"HTTP/2": 20, b"HTTP/2.0": 20, b"HTTP/3": 30, b"HTTP/3.0": 30}
EXTENSIONS = [
    [b"html", b"htm", b"php", b"asp", b"aspx", b"jsp", b"cgi"], [b"css", b"js", b"mjs", b"map"],
    [b"png", b"jpg", b"jpeg", b"gif", b"webp", b"avif", b"svg", b"ico"], [b"woff", b"woff2", b"ttf", b"otf", b"eot"],
    [b"json", b"xml", b"txt", b"csv", b"rss", b"pdf"],
]
OTHER_EXTENSION = 6
BOT_WORDS = [b"bot", b"crawl", b"spider", b"slurp", b"scrap", b"scan", b"http", b"python", b"curl", b"wget", b"java/", b"grab", b"axios"]
PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._~?&=+-")
DIGITS = frozenset(b"0123456789")
MONTHS = [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"]


def features(lines: list[bytes]) -> np.ndarray:
    """One row a line, in the order of NAMES; NaN where the line does not say."""
    return np.array([row(line) for line in lines], dtype=np.float64)


def row(line):
    client, _, user, time, request, status, size, referer, agent = LINE.fullmatch(line).groups()
    method, target, version = split(request)
    path, question, query = target.partition(b"?")
    day, hour, minute = when(time)
    lower = agent.lower()
    return [
        method, version, len(target), path.count(b"/"), extension(path), query.count(b"&") + 1 if question else 0,
        sum(byte not in PLAIN for byte in target), sum(byte in DIGITS for byte in path),
        int(status), np.nan if size == b"-" else int(size),
        referer != b"-", 0 if referer == b"-" else len(referer), referer.count(b"/"),
        0 if agent == b"-" else len(agent), agent.startswith(b"Mozilla/5.0 ("), any(word in lower for word in BOT_WORDS),
        agent_version(agent), b"Mobile" in agent, hour + minute / 60.0, day.weekday(), b":" in client, user != b"-",
    ]


def split(request):
    parts = request.split(b" ")
    if len(parts) != 3 or not parts[2].startswith(b"HTTP/"):
        return NO_REQUEST, request, np.nan
    method, target, version = parts
    return METHODS.index(method) if method in METHODS else OTHER_METHOD, target, VERSIONS.get(version, np.nan)


def extension(path):
    name = path.rpartition(b"/")[2]
    stem, dot, end = name.rpartition(b".")
    if not dot:
        return 0
    return next((nth for nth, among in enumerate(EXTENSIONS, 1) if end.lower() in among), OTHER_EXTENSION)


def agent_version(agent):
    for name in (b"Chrome/", b"Firefox/", b"Version/"):
        found = re.search(name + rb"([0-9]{1,4})", agent)
        if found:
            return int(found[1])
    return np.nan


def when(time):
    day, month, year = int(time[:2]), MONTHS.index(time[3:6]) + 1, int(time[7:11])
    return date(year, month, day), int(time[12:14]), int(time[15:17])
