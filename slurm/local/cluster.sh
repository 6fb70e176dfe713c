#!/usr/bin/env bash
# Runs a temporary Slurm of several virtual nodes on one Debian 12 machine, without systemd. Needs root, slurm-wlm and munge:
#   apt-get install --no-install-recommends slurm-wlm munge
#   cluster.sh start            starts Slurm and prints the next commands
#   cluster.sh env              prints the settings with which sbatch, squeue and submit find it: eval "$(slurm/local/cluster.sh env)"
#   cluster.sh status           shows nodes and queue
#   cluster.sh logs             shows the ends of the daemons' logs
#   cluster.sh start-node NAME  starts the slurmd of a node again. To lose a node: kill -KILL $(cat STATE/run/slurmd-NAME.pid)
#   cluster.sh stop [--purge]   ends all jobs and daemons; --purge also removes STATE
# Environment: XB_SLURM_STATE (directory, STATE above; default: /tmp/xibench-slurm), XB_SLURM_NODES (4), XB_SLURM_CPUS (4) and XB_SLURM_GPUS (2) per node,
# XB_SLURM_PORT (port of the controller; node i has PORT + i; default: free ports), XB_SLURM_MAX_ARRAY (1001), XB_SLURM_MIN_JOB_AGE (3600 seconds).
set -euo pipefail
unset CDPATH # with it, cd prints its directory or goes elsewhere
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=slurm/shell.sh
source "$here/../shell.sh"

say() { echo "cluster.sh: $*" >&2; }
problem() {
  say "$*"
  exit 2
}

state=${XB_SLURM_STATE:-/tmp/xibench-slurm}
{ [[ $state =~ ^/[A-Za-z0-9_./-]+$ ]] && [ ${#state} -le 80 ]; } ||
  problem "XB_SLURM_STATE: '$state' must be an absolute path of at most 80 letters, digits and _ . - (Slurm's configuration and a socket contain it)"
whole XB_SLURM_NODES "${XB_SLURM_NODES:-4}" 1 64 && nodes=$whole
whole XB_SLURM_CPUS "${XB_SLURM_CPUS:-4}" 1 1024 && cpus=$whole
whole XB_SLURM_GPUS "${XB_SLURM_GPUS:-2}" 0 64 && gpus=$whole
whole XB_SLURM_MAX_ARRAY "${XB_SLURM_MAX_ARRAY:-1001}" 2 4000001 && max_array=$whole
whole XB_SLURM_MIN_JOB_AGE "${XB_SLURM_MIN_JOB_AGE:-3600}" 2 1000000 && min_job_age=$whole
if [ -n "${XB_SLURM_PORT:-}" ]; then whole XB_SLURM_PORT "$XB_SLURM_PORT" 1024 65000 && XB_SLURM_PORT=$whole; fi
export SLURM_CONF=$state/etc/slurm.conf

# free_ports PORT: succeeds if PORT ... PORT + nodes are free.
free_ports() {
  for ((port = $1; port <= $1 + nodes; port++)); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return 1; fi
  done
}

choose_port() {
  if [ -n "${XB_SLURM_PORT:-}" ]; then
    echo "$XB_SLURM_PORT"
    return
  fi
  local base
  for ((attempt = 0; attempt < 50; attempt++)); do
    base=$((20000 + RANDOM % 10000))
    if free_ports $base; then
      echo $base
      return
    fi
  done
  say "found no free ports between 20000 and 30000"
  exit 1
}

write_config() {
  local port memory
  port=$(choose_port)
  memory=$(($(awk '/MemTotal/ { print int($2 / 1024) }' /proc/meminfo) / 2))
  mkdir -p "$state"/{etc,run,log,ctld,spool,tmp}
  chmod 755 "$state" "$state"/{run,log} # munged refuses a socket in a directory that others may write to
  sed -e "s|@HOST@|$(hostname -s)|; s|@STATE@|$state|; s|@PORT@|$port|; s|@CPUS@|$cpus|g; s|@GPUS@|$gpus|; s|@MEMORY@|$memory|" \
    -e "s|@MAX_ARRAY@|$max_array|; s|@MIN_JOB_AGE@|$min_job_age|" "$here/slurm.conf.in" >"$SLURM_CONF"
  echo "AutoDetect=off" >"$state/etc/gres.conf"
  for ((i = 1; i <= nodes; i++)); do
    echo "NodeName=n$i NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$((port + i))" >>"$SLURM_CONF"
    # Devices that exist everywhere: Slurm allocates these character devices as if they were GPUs.
    if [ "$gpus" -gt 0 ]; then echo "NodeName=n$i Name=gpu Type=fake File=/dev/tty[0-$((gpus - 1))]" >>"$state/etc/gres.conf"; fi
  done
  # Task prolog: its lines "export NAME=value" become the task's environment. Virtual nodes share one kernel, which Open MPI 4.1 does not expect. vader names
  # its shared memory by host, user, job and local rank, which are equal on all nodes (hangs, crashes). btl/tcp dies in MPI_Init in 2 of 100 starts. UCX over
  # tcp died in none of 313, but warns of a timeout in MPI_Finalize, hence the log level.
  cat >"$state/etc/task_prolog.sh" <<SH
#!/bin/sh
echo "export OMPI_MCA_btl_vader_backing_directory=$state/tmp/\$SLURMD_NODENAME"
for setting in pml=ucx pml_ucx_tls=any pml_ucx_devices=any osc=^ucx opal_common_ucx_verbose=-1; do echo "export OMPI_MCA_\$setting"; done
echo "export UCX_TLS=tcp,self"
echo "export UCX_NET_DEVICES=lo"
echo "export UCX_LOG_LEVEL=fatal"
SH
  chmod 755 "$state/etc/task_prolog.sh"
}

wait_for() { # SECONDS COMMAND...
  local seconds=$1
  shift
  for ((k = 0; k < seconds * 5; k++)); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.2
  done
  say "this did not succeed within $seconds s: $*; the logs are in $state/log"
  return 1
}

alive() { [ -e "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }
all_idle() { [ "$(sinfo -h -N -p sweep -t idle -o %N | sort -u | wc -l)" = "$nodes" ]; }

start_node() {
  mkdir -p "$state/spool/$1" "$state/tmp/$1"
  chmod 1777 "$state/tmp/$1"
  slurmd -N "$1" -f "$SLURM_CONF"
}

start() {
  local need
  [ "$(id -u)" = 0 ] || problem "must be root, because munged and slurmd start processes of other users"
  for need in slurmctld slurmd munged sbatch; do
    command -v $need >/dev/null || problem "there is no $need here: apt-get install --no-install-recommends slurm-wlm munge"
  done
  if alive "$state/run/slurmctld.pid"; then
    say "a cluster already runs in $state: end it with cluster.sh stop"
    exit 1
  fi
  write_config
  [ -e "$state/etc/munge.key" ] || (umask 077 && head -c 1024 /dev/urandom >"$state/etc/munge.key")
  munged --key-file="$state/etc/munge.key" --socket="$state/run/munge.socket" --pid-file="$state/run/munged.pid" \
    --log-file="$state/log/munged.log" --seed-file="$state/run/munge.seed"
  wait_for 10 munge -n -S "$state/run/munge.socket"
  slurmctld -c -f "$SLURM_CONF" # -c: forgets the jobs of an earlier cluster in this directory
  wait_for 30 scontrol ping
  for ((i = 1; i <= nodes; i++)); do start_node "n$i"; done
  wait_for 60 all_idle
  local -r root=${here%/slurm/local}
  cat >&2 <<NEXT
cluster.sh: Slurm is up, with $nodes nodes of $cpus processors. Next:
  eval "\$($(printf '%q' "$here/cluster.sh") env)"
  $(printf '%q' "$root/slurm/submit") $(printf '%q' "$root/benchmarks/sweeps/kong2021-smoke.toml") --site $(printf '%q' "$root/slurm/site.example.sh") --out results
  squeue
and at the end: $(printf '%q' "$here/cluster.sh") stop --purge
NEXT
}

# is_up: refuses a command that needs a running cluster.
is_up() { alive "$state/run/slurmctld.pid" || problem "no cluster runs in $state: run cluster.sh start with the same XB_SLURM_STATE"; }

end_process() { # PID FILE
  local pid
  pid=$(cat "$1" 2>/dev/null) || return 0 # the process may end by itself and remove its file at any moment
  kill -TERM "$pid" 2>/dev/null || true
  for ((k = 0; k < 50; k++)); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.2
  done
  if kill -0 "$pid" 2>/dev/null; then kill -KILL "$pid" || true; fi
  rm -f "$1"
}

# end_orphans: kills every slurmstepd that outlived its slurmd; it has a file below STATE open.
end_orphans() {
  local process pid
  for process in /proc/[0-9]*; do
    pid=${process#/proc/}
    [[ $({ tr '\0' ' ' <"$process/cmdline"; } 2>/dev/null) == slurmstepd* ]] || continue
    if find "$process/fd" -lname "$state/*" 2>/dev/null | grep -q .; then kill -KILL "$pid" 2>/dev/null || true; fi
  done
}

stop() {
  if alive "$state/run/slurmctld.pid"; then
    timeout 20 scancel --full --signal=KILL -u "$(id -un)" 2>/dev/null || true
    timeout 20 scancel -u "$(id -un)" 2>/dev/null || true
    for ((k = 0; k < 50; k++)); do # the jobs' processes must end before the daemons
      [ -n "$(timeout 20 squeue -h -t R,CG 2>/dev/null)" ] || break
      sleep 0.2
    done
  fi
  for file in "$state"/run/slurm*.pid; do
    if [ -e "$file" ]; then kill -TERM "$(cat "$file")" 2>/dev/null || true; fi
  done
  for file in "$state"/run/slurm*.pid; do end_process "$file"; done
  end_orphans
  end_process "$state/run/munged.pid"
  if [ "${1:-}" = --purge ]; then rm -rf "$state"; fi
}

case ${1:-} in
  start) start ;;
  start-node)
    is_up
    grep -q "^NodeName=${2:-} " "$SLURM_CONF" || problem "start-node: '${2:-}' is not a node; the nodes are $(sed -n 's/^NodeName=\(n[0-9]*\) .*/\1/p' "$SLURM_CONF" | tr '\n' ' ')"
    if alive "$state/run/slurmd-$2.pid"; then problem "start-node: the slurmd of $2 is running"; fi
    start_node "$2"
    ;;
  stop) stop "${2:-}" ;;
  status)
    is_up
    sinfo -N -o '%N %t %c %m %G %P'
    squeue -o '%.12i %.10P %.20j %.3t %.8M %.4D %R'
    ;;
  env)
    is_up
    echo "export SLURM_CONF='$SLURM_CONF'"
    ;;
  logs)
    compgen -G "$state/log/*.log" >/dev/null || problem "there are no logs in $state/log: cluster.sh start"
    tail -n 40 "$state"/log/*.log
    ;;
  -h | --help) sed -n '2,/^set /{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" ;;
  *) problem "unknown command '${1:-}': cluster.sh --help lists them" ;;
esac
