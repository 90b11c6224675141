"""Which host names and addresses cannot leave this machine."""

import ipaddress


def is_loopback_host(host: str) -> bool:
    """Whether a host is this machine: `localhost`, or an address such as 127.0.0.1, 127.0.0.2, ::1 or [::1].

    >>> is_loopback_host("127.0.0.2"), is_loopback_host("[::1]"), is_loopback_host("localhost.example.org")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
