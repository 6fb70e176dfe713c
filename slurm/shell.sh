# Sourced by submit and, through job.sh, by the sbatch scripts: checks input from outside: numbers, the environment, and the site's shell code.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # the scripts read these variables, and set root and site

unset CDPATH # with it, `cd DIR && pwd` prints two lines or goes elsewhere

log() { echo "$(date -u +%FT%TZ) $*"; }

# problem TEXT: reports bad input in one line and exits with status 2. submit has its own version, which names submit.
problem() {
  log "$*" >&2
  exit 2
}

# whole NAME TEXT LOW HIGH: sets $whole to the decimal number in TEXT. 08 is eight here; the shell's own arithmetic would read it as octal.
whole() {
  [[ $2 =~ ^[0-9]{1,9}$ ]] || problem "$1: '$2' is not a whole number from $3 to $4"
  whole=$((10#$2))
  if [ "$whole" -lt "$3" ] || [ "$whole" -gt "$4" ]; then problem "$1: $2 is not between $3 and $4"; fi
}

# clear_slurm_variables: unsets the variables of a Slurm job, because sbatch, srun and squeue would read them as options (--mem-per-cpu and others). Two stay,
# because they say which Slurm is meant.
clear_slurm_variables() {
  local name
  for name in $(compgen -e); do
    case $name in
      SLURM_CONF | SLURM_CLUSTERS) ;;
      SLURM_* | SBATCH_* | SRUN_* | SALLOC_* | SQUEUE_* | SACCT_* | SCONTROL_* | SINFO_*) unset "$name" ;;
    esac
  done
}

# experiment_variables: prints the names of XIBENCH_* variables that are set and change the runs: keys of the sweep, and options with such a variable.
experiment_variables() { compgen -e | grep -E '^XIBENCH_([A-Z0-9_]*__[A-Z0-9_]*|NAME|DELTA|SEEDS|LOOKS)$' | tr '\n' ' ' || true; }

# clear_profile: unsets variables of the login profile, which Slurm loads even with --export=NONE. The profile must not change the experiment; its speed and
# the bits of libraries depend on the site's file only. Variables of the network, which an administrator may have set, are kept and listed.
clear_profile() {
  local name cleared='' listed=''
  for name in $(compgen -e); do
    case $name in
      XIBENCH_* | LD_PRELOAD | GLIBC_TUNABLES | OMP_* | GOMP_* | KMP_* | MKL_* | OPENBLAS_* | BLIS_* | DNNL_* | ONEDNN_* | ATEN_* | TORCH_* | PYTORCH_* | CUBLAS_* | CUDNN_* | NVIDIA_TF32_OVERRIDE | MALLOC_* | PYTHON*)
        unset "$name"
        cleared+=" $name"
        ;;
      NCCL_* | UCX_* | FI_* | OMPI_* | PRTE_* | PMIX_MCA_* | HDF5_*) listed+=" $name" ;;
    esac
  done
  [ -z "$cleared" ] || log "cleared, because the login profile is not part of the experiment (site_environment of $site may set them):$cleared"
  [ -z "$listed" ] || log "these variables were set before the site's file was read, and are kept:$listed"
}

# foreign COMMAND...: runs the site's shell code under the rules that it was written for: unset variables are empty, and a failing line does not end the
# script. Returns its status, and restores the directory.
foreign() {
  local -r here=$PWD
  local status
  set +eu +o pipefail
  "$@"
  status=$?
  set -euo pipefail
  unset CDPATH
  cd "$here" || problem "the directory $here is gone"
  return $status
}

settings=(partition account time_limit cpus_per_task gpus_per_node gpu_binding all_reduce_file sbatch_options collect_partition collect_options collect_minutes modules container
  container_options program interpreter launcher mpirun_options preflight)

# refuse_misspelt_settings: refuses assignments in the site's file whose name is not a setting, at the start of a line or after another assignment.
refuse_misspelt_settings() {
  local name nearest
  while read -r name; do
    if [[ " ${settings[*]} " == *" $name "* ]] || [[ $name != [a-z]* ]]; then continue; fi
    nearest=$(printf '%s\n' "${settings[@]}" | grep -m 1 -e "^${name::4}" || true)
    problem "$site: '$name' is not a setting${nearest:+; did you mean $nearest?} The settings are: ${settings[*]}. Names of your own begin with _ or a capital letter"
  done < <(grep -oE '^[a-z_][a-z0-9_]*\+?=.*' "$site" | sed -E 's/#.*//; s/\([^)]*\)//g; s/"[^"]*"//g; s/'"'[^']*'"'//g' | grep -oE "(^|[[:space:];])[a-z_][a-z0-9_]*\+?=" | tr -d ' \t;+=')
}

# load_site: reads the site's settings and loads its modules and environment. "${xibench[@]}" and "${python[@]}" then call the program and Python.
load_site() {
  partition='' account='' time_limit='' cpus_per_task=1 gpus_per_node=0 gpu_binding=none all_reduce_file='' sbatch_options=()
  collect_partition='' collect_options=() collect_minutes=30
  launcher=srun mpirun_options=() container='' container_options=() modules=() preflight=yes
  program=$root/build/xibench interpreter=python3
  # shellcheck disable=SC2317  # a site may have nothing to export
  site_environment() { :; }
  { [ -f "$site" ] && [ -r "$site" ]; } || problem "$site cannot be read as a file: it must have the site's settings; copy slurm/site.example.sh"
  if head -c 3 "$site" | cmp -s - <(printf '\xef\xbb\xbf'); then problem "$site begins with a byte-order mark, which the shell would run as a command: save it as UTF-8 without one"; fi
  if grep -q $'\r$' "$site"; then problem "$site has lines that end in CR LF: save it with Unix line ends (sed -i 's/\\r\$//' $site)"; fi
  bash -n "$site" 2>/dev/null || problem "$site is not valid shell code: $(bash -n "$site" 2>&1 | head -n 1)"
  refuse_misspelt_settings
  # shellcheck source=slurm/site.example.sh
  foreign source "$site" || problem "$site ends with status $?: its last command failed; if that is intended, end the file with 'true'"
  if [ ${#modules[@]} -gt 0 ]; then
    command -v module >/dev/null || problem "$site: modules are set, but there is no command 'module' here; source its script first, such as /etc/profile.d/modules.sh"
    foreign module load "${modules[@]}" || problem "$site: 'module load ${modules[*]}' failed with status $?"
  fi
  foreign site_environment || problem "$site: site_environment ends with status $?: its last command failed; if that is intended, end it with 'true'"
  local -r changed=$(experiment_variables)
  [ -z "$changed" ] || problem "${changed% } would change the experiment of every job: remove it from $site, or unset it here, and use --set KEY=VALUE"
  whole "$site: cpus_per_task" "$cpus_per_task" 1 100000 && cpus_per_task=$whole
  whole "$site: gpus_per_node" "$gpus_per_node" 0 1000 && gpus_per_node=$whole
  whole "$site: collect_minutes" "$collect_minutes" 1 100000 && collect_minutes=$whole
  case $launcher in srun | mpirun) ;; *) problem "$site: launcher is '$launcher': write srun or mpirun" ;; esac
  case $gpu_binding in none | task) ;; *) problem "$site: gpu_binding is '$gpu_binding': write none or task" ;; esac
  [ "$gpu_binding $launcher" != 'task mpirun' ] ||
    problem "$site: gpu_binding=task needs launcher=srun: Slurm would give one GPU to all ranks that mpirun starts on a node; write gpu_binding=none, and each rank takes its own"
  all_reduce_file=${all_reduce_file:-${site%.sh}.all-reduce}
  case $preflight in yes | no) ;; *) problem "$site: preflight is '$preflight': write yes or no" ;; esac
  export LC_ALL=C.UTF-8 TZ=UTC
  export OMP_NUM_THREADS=1 # xibench computes nodes of the experiment in its own threads; the libraries must not add more
  unset SLURM_EXPORT_ENV   # set by sbatch --export=NONE; with it, srun would start tasks without the modules and variables from above
  local inside=()
  if [ -n "$container" ]; then
    command -v apptainer >/dev/null || problem "$site: container is set, but there is no apptainer here: load its module, or leave container empty"
    [ -e "$container" ] || problem "$site: container $container is not there: apptainer build $container slurm/container.def"
    inside=(apptainer exec "${container_options[@]}" "$container")
  else
    { [ -x "$program" ] && [ ! -d "$program" ]; } || problem "$site: program $program is not there, or not executable: build it (slurm/README.md), or set program"
    command -v "$interpreter" >/dev/null || problem "$site: interpreter $interpreter is not there: set it to a python3"
  fi
  xibench=("${inside[@]}" "$program")
  python=("${inside[@]}" "$interpreter")
}

# patiently COMMAND...: tries again after the pauses of $patience, in seconds. When many jobs are preempted at once, Slurm's controller answers late or never.
patience=(1 2 4 8 15 30)
patiently() {
  local pause
  for pause in "${patience[@]}"; do
    if timeout 20 "$@"; then return 0; fi
    log "this failed: $*; trying again in $pause s" >&2
    sleep "$pause"
  done
  timeout 20 "$@"
}
