#!/usr/bin/env bash
# Runs a program of MPI between network namespaces of this machine that are joined by a switch: real.sh RANKS MBIT MS PROGRAM [ARGUMENTS]
# Every rank has a link of MBIT Mb/s each way, MS milliseconds from any other one, and an own host name, so that the MPI of this machine (Open MPI) goes through
# TCP and real sockets as it does between machines. MS above 0 needs the kernel's sch_netem. Take links so slow that the cores keep up. Takes root; what it makes is gone when it ends.
set -euo pipefail
[ $# -ge 4 ] || { sed -n '2,5s/^# //p' "$0"; exit 2; }
ranks=$1 shape=(tbf rate "${2}mbit" burst 16kb latency 30ms)
[ "$3" -eq 0 ] || shape=(netem rate "${2}mbit" delay "$(($3 * 500))us" limit 10000)
shift 3
place=$(mktemp -d)
clear() {
  for k in $(seq 1 "$ranks"); do ip netns del "xbscale$k" 2> "$place/ignored" || :; done
  ip link del xbscale 2> "$place/ignored" || :
  rm -rf "$place"
}
trap clear EXIT
ip link add xbscale type bridge
ip link set xbscale up
for k in $(seq 1 "$ranks"); do
  ip netns add "xbscale$k"
  ip link add "xbscale-$k" type veth peer name eth0 netns "xbscale$k"
  ip link set "xbscale-$k" master xbscale up
  ip -n "xbscale$k" address add "10.77.0.$k/24" dev eth0
  ip -n "xbscale$k" link set lo up
  ip -n "xbscale$k" link set eth0 up
  # Both ends of the cable: what the rank sends, and what it gets, with half of the latency each.
  ip netns exec "xbscale$k" tc qdisc add dev eth0 root "${shape[@]}"
  tc qdisc add dev "xbscale-$k" root "${shape[@]}"
  echo "10.77.0.$k slots=1" >> "$place/hosts"
done
cat > "$place/agent" <<'AGENT'
#!/usr/bin/env bash
k=${1##*.}
shift
exec ip netns exec "xbscale$k" unshare --uts bash -c "hostname xbscale$k; $*"
AGENT
chmod +x "$place/agent"
ip netns exec xbscale1 unshare --uts bash -c 'hostname xbscale1; exec "$@"' _ mpirun --allow-run-as-root -n "$ranks" --hostfile "$place/hosts" --bind-to none \
  --mca plm_rsh_agent "$place/agent" --mca btl tcp,self --mca pml ob1 --mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24 \
  --mca mpi_yield_when_idle 1 "$@"
