# The first process of a namespace (see namespace.ts): sets it up, runs the command given as arguments and ends with it.
# Its file descriptor 3 is the pipe to the process outside: each line there is a signal for the command; its end is the end.
set -eu

"$ROLLCALL_IP" link set lo up
"$ROLLCALL_IP" route add local 10.77.0.0/16 dev lo
"$ROLLCALL_IP" -6 route add local fd77::/64 dev lo 2>/dev/null || true # the kernel may have no IPv6
# An address that is not a loopback one: without it getaddrinfo with AI_ADDRCONFIG takes the machine for offline.
"$ROLLCALL_IP" address add 10.77.255.254/32 dev lo
"$ROLLCALL_IP" address add fd77::ffff/128 dev lo nodad 2>/dev/null || true
# IPv6, unlike IPv4, takes a local route for dialling only; to listen there needs this.
echo 1 2>/dev/null >/proc/sys/net/ipv6/ip_nonlocal_bind || true
unset ROLLCALL_IP

# An empty /run hides the sockets of nscd and systemd-resolved, which would answer from outside the namespace.
resolv_target=$(readlink -m /etc/resolv.conf)
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/rollcall/logs /run/lock
printf 'nameserver 10.77.0.10\noptions ndots:1 timeout:2 attempts:3\n' >/run/rollcall/resolv.conf
printf 'passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n' >/run/rollcall/nsswitch.conf
if [ ! -e "$resolv_target" ]; then
  # A link into the old /run, or to nowhere: its target is made anew.
  mkdir -p "$(dirname "$resolv_target")"
  : >"$resolv_target"
fi
mount --bind /run/rollcall/resolv.conf "$resolv_target"
[ ! -e /etc/nsswitch.conf ] || mount --bind /run/rollcall/nsswitch.conf /etc/nsswitch.conf

# Ephemeral ports: many thousand connections to as many addresses are opened and closed here.
echo '15000 65000' >/proc/sys/net/ipv4/ip_local_port_range 2>/dev/null || true

(
  while read -r name <&3; do
    kill -s "$name" "$(cat /run/rollcall/command.pid)" 2>/dev/null || true
  done
  kill -s KILL -- -1
) 1>/dev/null 2>&1 &

set +e
sh -c 'echo $$ >/run/rollcall/command.pid; exec "$@" 3<&-' sh "$@"
exit $?
