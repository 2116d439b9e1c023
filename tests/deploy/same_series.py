"""Whether two expositions of one machine, taken at one moment, say the same.

same_series.py IMAGE HOST ID...: files; the ids are of containers that stand still. Prints what is
otherwise, and at the end what was compared.
"""
import re
import sys

LINE = re.compile(r"([a-z_]+)(?:\{(.*)\})? (\S+)$")

def series(path):
    found = {}
    for line in open(path, encoding="utf-8"):
        match = LINE.match(line)
        if match and not line.startswith("#"):
            found[match[1], match[2] or ""] = float(match[3])
    return found

image, host = series(sys.argv[1]), series(sys.argv[2])
for k in sorted(image.keys() - host.keys()): print("only image", k, image[k])
for k in sorted(host.keys() - image.keys()): print("only host", k, host[k])
for k in sorted(host.keys() & image.keys()):
    if host[k] != image[k]: print("differ", k, image[k], host[k])
print(len(image), len(host)); sys.exit(1)
