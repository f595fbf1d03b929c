# Sourced: an oss-devserver for the time of a script, and what can be asked of it.
# shellcheck shell=bash

server_process=''
server_output=''

# start_devserver PROGRAM DIRECTORY: on a free port, with its objects below DIRECTORY. Credentials, OSS_ENDPOINT
# and OSS_REGION are exported, so that osbatch finds the server.
start_devserver() {
  local line=''
  unset OSS_SESSION_TOKEN ALIBABA_CLOUD_SECURITY_TOKEN
  export OSS_ACCESS_KEY_ID=local-key OSS_ACCESS_KEY_SECRET=local-secret OSS_REGION=cn-hangzhou
  exec {server_output}< <(exec "$1" --root "$2" --port 0)
  server_process=$!
  IFS= read -r line <&"$server_output" || true
  case $line in
    'listening on '*) export OSS_ENDPOINT=${line#listening on } ;;
    *) fail "oss-devserver did not start; its message stands above" ;;
  esac
}

stop_devserver() {
  [[ -n $server_process ]] || return 0
  kill -KILL "$server_process" 2>/dev/null || true
  wait "$server_process" 2>/dev/null || true
  server_process=''
}

# devserver_control PATH [CURL ARGUMENT...]: a request of the server's control interface
# (Sources/DevServer/README.md).
devserver_control() {
  local path=$1
  shift
  curl --silent --show-error --fail --noproxy '*' "$@" "$OSS_ENDPOINT/__devserver/$path"
}

# object_file DIRECTORY BUCKET KEY: the file in which the server stores an object. Keys are
# percent-encoded there; those of the scripts are short and do not begin with a dot.
object_file() {
  local LC_ALL=C key=$3 name='' character code index
  for ((index = 0; index < ${#key}; index++)); do
    character=${key:index:1}
    case $character in
      [A-Za-z0-9._-]) name+=$character ;;
      *)
        printf -v code '%d' "'$character"
        printf -v character '%%%02X' $((code & 255))
        name+=$character
        ;;
    esac
  done
  printf '%s/%s/objects/%s\n' "$1" "$2" "$name"
}
