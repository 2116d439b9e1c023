"""Whether two kcommons on one machine say the same.

same_series.py IMAGE HOST ID...: their expositions, files, taken at one moment; the ids are of containers
that stand still. Prints what is otherwise, and at the end what was compared.
"""

import re
import sys

SAMPLE = re.compile(r"([a-z_]+)(?:\{(.*)\})? (\S+)$")

# What each says of itself: the series are the same, the numbers are its own.
OWN = re.compile(r"process_|kcommons_census_(total|duration_seconds|cpu_seconds_total)$|"
                 r"kcommons_reader_cpu_seconds_total$|kcommons_snapshot_timestamp_seconds$|"
                 r"kcommons_config_last_reload_success_timestamp_seconds$|"
                 r"kcommons_identity_wait_seconds$|kcommons_value_age_seconds$")

# What does not move while a test looks: what things are, and what their limits are.
FIXED = re.compile(r"kcommons_(\w+_info|pool_limit|census_success|identity_failures_total|"
                   r"cgroup_namespace_private|series_dropped)$")

# Of the rest the two censuses, two seconds apart, may differ by so much: programs come and go.
COUNT, SHARE = 100, 0.2


def samples(path):
    """{(name, labels): value}, labels as they stand, for both are of one program."""
    found = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            match = SAMPLE.match(line)
            if match:
                found[match[1], match[2] or ""] = float(match[3])
    return found


def is_exact(name, labels, still):
    # A shim has more threads and fewer as it likes.
    return FIXED.match(name) or ('role="runtime"' not in labels and
                                 any(f'container_id="{one}"' in labels for one in still))


def main():
    image, host, still = samples(sys.argv[1]), samples(sys.argv[2]), sys.argv[3:]
    wrong = [f"the image alone has {name}{{{labels}}}" for name, labels in image.keys() - host.keys()]
    wrong += [f"the host alone has {name}{{{labels}}}" for name, labels in host.keys() - image.keys()]
    exact = near = 0
    for name, labels in image.keys() & host.keys():
        one, other = image[name, labels], host[name, labels]
        if OWN.match(name):
            continue
        if is_exact(name, labels, still):
            exact += 1
            same = one == other
        else:
            near += 1
            same = one == other or abs(one - other) <= max(COUNT, SHARE * max(one, other))
        if not same:
            wrong.append(f"{name}{{{labels}}} is {one} of the image, {other} of the host")
    for one in still:
        if not any(name == "kcommons_container_used" and one in labels for name, labels in image):
            wrong.append(f"the image has nothing of container {one}")
    print("\n".join(sorted(wrong)))
    print(f"both have {len(image)} series: {exact} values are the same, {near} nearly")
    return bool(wrong)


sys.exit(main())
