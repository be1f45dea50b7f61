# Made by: bzfs completion bash

_bzfs() {
  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
  if [[ "$current" == "=" ]]; then current=""; fi
  if [[ "$previous" == "=" ]]; then previous="${COMP_WORDS[COMP_CWORD-2]}"; fi
  if [[ $COMP_CWORD -ge 2 ]]; then case "${COMP_WORDS[1]}" in
    jobrunner) _bzfs_jobrunner; return ;;
    status) _bzfs_status; return ;;
    doctor) _bzfs_doctor; return ;;
    man) COMPREPLY=($(compgen -W "bzfs bzfs_jobrunner job-file status doctor" -- "$current")); return ;;
    completion) COMPREPLY=($(compgen -W "bash zsh fish" -- "$current")); return ;;
    example) COMPREPLY=($(compgen -W "home two-hosts local-backup removable-drive one-source-two-destinations many-to-many bastion hot-standby plans-per-pair snapshots-only" -- "$current")); return ;;
    help)
      if [[ "${COMP_WORDS[2]}" == jobrunner && $COMP_CWORD -ge 3 ]]; then _bzfs_jobrunner; return; fi
      if [[ "${COMP_WORDS[2]}" == status && $COMP_CWORD -ge 3 ]]; then _bzfs_status; return; fi
      if [[ "${COMP_WORDS[2]}" == doctor && $COMP_CWORD -ge 3 ]]; then _bzfs_doctor; return; fi
      if [[ "$current" != -* ]]; then
        COMPREPLY=($(compgen -W "bzfs jobrunner status doctor job-file examples runbook retention cron monitoring metrics checks exit-status plans encryption privileges tuning limitations coming-from" -- "$current")); return; fi ;;
  esac; fi
  case "$previous" in
    --include-dataset) COMPREPLY=($(compgen -W "$(zfs list -H -o name -t filesystem,volume 2>/dev/null)" -- "$current")); return ;;
    --exclude-dataset) COMPREPLY=($(compgen -W "$(zfs list -H -o name -t filesystem,volume 2>/dev/null)" -- "$current")); return ;;
    --compare-snapshot-lists) if [[ "$current" != -* ]]; then COMPREPLY=($(compgen -W "src dst all src+dst src+all dst+all src+dst+all" -- "$current")); return; fi ;;
    -n|--dryrun) if [[ "$current" != -* ]]; then COMPREPLY=($(compgen -W "recv send" -- "$current")); return; fi ;;
    --skip-missing-snapshots) if [[ "$current" != -* ]]; then COMPREPLY=($(compgen -W "fail dataset continue" -- "$current")); return; fi ;;
    --create-bookmarks) COMPREPLY=($(compgen -W "all hourly minutely secondly none" -- "$current")); return ;;
    --existing-data) COMPREPLY=($(compgen -W "replace refuse" -- "$current")); return ;;
    --empty-selection) COMPREPLY=($(compgen -W "tell fail" -- "$current")); return ;;
    --zfs-recv-o-targets) COMPREPLY=($(compgen -W "full incremental full+incremental" -- "$current")); return ;;
    --zfs-recv-x-targets) COMPREPLY=($(compgen -W "full incremental full+incremental" -- "$current")); return ;;
    --guard) COMPREPLY=($(compgen -W "off on secondly minutely hourly daily" -- "$current")); return ;;
    --on-conflict) COMPREPLY=($(compgen -W "stop set-aside" -- "$current")); return ;;
    --follow-renames) if [[ "$current" != -* ]]; then COMPREPLY=($(compgen -W "off on" -- "$current")); return; fi ;;
    --delete-dst-snapshots) if [[ "$current" != -* ]]; then COMPREPLY=($(compgen -W "snapshots bookmarks" -- "$current")); return; fi ;;
    --delete-empty-dst-datasets) if [[ "$current" != -* ]]; then COMPREPLY=($(compgen -W "snapshots snapshots+bookmarks" -- "$current")); return; fi ;;
    --foreign-snapshots) COMPREPLY=($(compgen -W "delete keep" -- "$current")); return ;;
    --allow-deletions) COMPREPLY=($(compgen -W "$(zfs list -H -o name -t filesystem,volume 2>/dev/null)" -- "$current")); return ;;
    --skip-on-error) COMPREPLY=($(compgen -W "fail tree dataset" -- "$current")); return ;;
    --missing-root) COMPREPLY=($(compgen -W "fail isolate" -- "$current")); return ;;
    --pipeline) COMPREPLY=($(compgen -W "sh streams" -- "$current")); return ;;
    --ssh-src-host) COMPREPLY=($(compgen -A hostname -- "$current")); return ;;
    --ssh-src-config-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --ssh-dst-host) COMPREPLY=($(compgen -A hostname -- "$current")); return ;;
    --ssh-dst-config-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --r2r) COMPREPLY=($(compgen -W "off pull push" -- "$current")); return ;;
    --compression-program) COMPREPLY=($(compgen -W "zstd lz4 pzstd pigz gzip -" -- "$current")); return ;;
    --mbuffer-program) COMPREPLY=($(compgen -W "mbuffer -" -- "$current")); return ;;
    --pv-program) COMPREPLY=($(compgen -W "pv -" -- "$current")); return ;;
    --ps-program) COMPREPLY=($(compgen -W "ps -" -- "$current")); return ;;
    --shell-program) COMPREPLY=($(compgen -W "sh -" -- "$current")); return ;;
    --ssh-program) COMPREPLY=($(compgen -W "ssh hpnssh -" -- "$current")); return ;;
    --sudo-program) COMPREPLY=($(compgen -W "sudo doas -" -- "$current")); return ;;
    --zpool-program) COMPREPLY=($(compgen -W "zpool -" -- "$current")); return ;;
    --log-dir) COMPREPLY=($(compgen -d -- "$current")); return ;;
    --log-subdir) COMPREPLY=($(compgen -W "daily hourly minutely" -- "$current")); return ;;
    --log-syslog-socktype) COMPREPLY=($(compgen -W "UDP TCP" -- "$current")); return ;;
    --log-syslog-level) COMPREPLY=($(compgen -W "CRITICAL ERROR WARN INFO DEBUG TRACE" -- "$current")); return ;;
    --result-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --event-log) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --plan-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --apply-plan) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "-r --recursive --include-dataset --exclude-dataset --include-dataset-regex --exclude-dataset-regex --exclude-dataset-property --skip-parent --include-snapshot-regex --exclude-snapshot-regex --include-snapshot-times-and-ranks --include-snapshot-plan --new-snapshot-filter-group --create-src-snapshots --create-src-snapshots-plan --create-src-snapshots-timeformat --create-src-snapshots-timezone --create-src-snapshots-even-if-not-due --monitor-snapshots --monitor-snapshots-dont-warn --monitor-snapshots-dont-crit --compare-snapshot-lists --cache-snapshots --yearly_year --yearly_month --yearly_monthday --yearly_hour --yearly_minute --yearly_second --monthly_month --monthly_monthday --monthly_hour --monthly_minute --monthly_second --weekly_weekday --weekly_hour --weekly_minute --weekly_second --daily_hour --daily_minute --daily_second --hourly_minute --hourly_second --minutely_second --secondly_millisecond --millisecondly_microsecond --skip-replication -n --dryrun --zfs-send-program-opts --zfs-recv-program-opts --zfs-recv-program-opt --skip-missing-snapshots --no-stream --no-resume-recv --create-bookmarks --promote-bookmarks --no-use-bookmark --no-estimate-send-size --force-rollback-to-latest-snapshot --force-rollback-to-latest-common-snapshot --force --force-destroy-dependents --force-unmount --force-once --f1 --existing-data --empty-selection --preserve-properties --zfs-recv-o-targets --zfs-recv-o-sources --zfs-recv-o-include-regex --zfs-recv-o-exclude-regex --zfs-recv-x-targets --zfs-recv-x-sources --zfs-recv-x-include-regex --zfs-recv-x-exclude-regex --guard --forget-guards --on-conflict --follow-renames --delete-dst-datasets --delete-dst-snapshots --delete-dst-snapshots-no-crosscheck --delete-dst-snapshots-except --delete-dst-snapshots-except-plan --delete-empty-dst-datasets --delete-limit --delete-datasets-limit --foreign-snapshots --own-names --keep-newest --delete-aside-after --allow-deletions --plan-memory -h --help --version -v --verbose -q --quiet --retries --retry-min-sleep-secs --retry-initial-max-sleep-secs --retry-max-sleep-secs --retry-max-elapsed-secs --skip-on-error --missing-root --timeout --query-timeout --stall-timeout --busy-limit --threads --max-concurrent-ssh-sessions-per-tcp-connection --bwlimit --pipeline --ssh-src-user --ssh-src-host --ssh-src-port --ssh-src-config-file --ssh-dst-user --ssh-dst-host --ssh-dst-port --ssh-dst-config-file --ssh-cipher --ssh-control-persist-secs --ssh-forward-agent --r2r -p --no-privilege-elevation --compression-program --compression-program-opts --mbuffer-program --mbuffer-program-opts --pv-program --pv-program-opts --ps-program --shell-program --ssh-program --sudo-program --zpool-program --log-dir --log-file-prefix --log-file-infix --log-file-suffix --log-subdir --log-keep --log-syslog-address --log-syslog-socktype --log-syslog-facility --log-syslog-prefix --log-syslog-level --include-envvar-regex --exclude-envvar-regex --daemon-lifetime --daemon-frequency --result-file --event-log --plan-file --apply-plan --plan-max-age" -- "$current"))
  else
    COMPREPLY=($(compgen -W "$(zfs list -H -o name -t filesystem,volume 2>/dev/null)" -- "$current"))
    if [[ $COMP_CWORD -eq 1 ]]; then COMPREPLY+=($(compgen -W "jobrunner status doctor help example man completion" -- "$current")); fi
  fi
}
complete -o nosort -F _bzfs bzfs

_bzfs_jobrunner() {
  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
  if [[ "$current" == "=" ]]; then current=""; fi
  if [[ "$previous" == "=" ]]; then previous="${COMP_WORDS[COMP_CWORD-2]}"; fi
  case "$previous" in
    --config) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --print-schedule) COMPREPLY=($(compgen -W "cron systemd nomad" -- "$current")); return ;;
    --root-dataset-pairs) COMPREPLY=($(compgen -W "$(zfs list -H -o name -t filesystem,volume 2>/dev/null)" -- "$current")); return ;;
    --jobrunner-log-level) COMPREPLY=($(compgen -W "CRITICAL ERROR WARN INFO DEBUG TRACE" -- "$current")); return ;;
    --result-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --event-log) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --plan-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --apply-plan) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --ssh-src-config-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --ssh-dst-config-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "-h --help --version --config --explain --ask-hosts --print-schedule --status-timer --ping --hook-success --hook-failure --forget-destination --yes --print-jobfile-schema --create-src-snapshots --replicate --prune-src-snapshots --prune-src-bookmarks --prune-dst-snapshots --monitor-src-snapshots --monitor-dst-snapshots --root-dataset-pairs --job-id --job-run --localhost --src-hosts --src-host --dst-hosts --dst-host --retain-dst-targets --dst-root-datasets --src-snapshot-plan --src-bookmark-plan --dst-snapshot-plan --monitor-snapshot-plan --workers --work-period-seconds --jitter --worker-timeout-seconds --busy-limit --repeat-if-took-more-than-seconds --spawn-process-per-job --jobrunner-dryrun --jobrunner-log-level --result-file --event-log --plan-file --apply-plan --plan-max-age --daemon-replication-frequency --daemon-prune-src-frequency --daemon-prune-dst-frequency --daemon-monitor-snapshots-frequency --ssh-src-user --ssh-src-port --ssh-src-config-file --ssh-dst-user --ssh-dst-port --ssh-dst-config-file" -- "$current"))
  else
    COMPREPLY=($(compgen -W "$(zfs list -H -o name -t filesystem,volume 2>/dev/null)" -- "$current"))
    if [[ $COMP_CWORD -eq 1 ]]; then COMPREPLY+=($(compgen -W "jobrunner status doctor help example man completion" -- "$current")); fi
  fi
}
complete -o nosort -F _bzfs_jobrunner bzfs_jobrunner

_bzfs_status() {
  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
  if [[ "$current" == "=" ]]; then current=""; fi
  if [[ "$previous" == "=" ]]; then previous="${COMP_WORDS[COMP_CWORD-2]}"; fi
  case "$previous" in
    --config) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --prometheus) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --html) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --log-dir) COMPREPLY=($(compgen -d -- "$current")); return ;;
  esac
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "-h --help --version --config --localhost --json --nagios --prometheus --html --watch --offline --src-host --dst-host --query-timeout --log-dir -v --verbose" -- "$current"))
  fi
}

_bzfs_doctor() {
  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
  if [[ "$current" == "=" ]]; then current=""; fi
  if [[ "$previous" == "=" ]]; then previous="${COMP_WORDS[COMP_CWORD-2]}"; fi
  case "$previous" in
    --config) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --fix) COMPREPLY=($(compgen -W "partial-receives temporary-bookmarks control-sockets locks" -- "$current")); return ;;
    --ssh-src-host) COMPREPLY=($(compgen -A hostname -- "$current")); return ;;
    --ssh-src-config-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --ssh-dst-host) COMPREPLY=($(compgen -A hostname -- "$current")); return ;;
    --ssh-dst-config-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --ssh-program) COMPREPLY=($(compgen -W "ssh hpnssh -" -- "$current")); return ;;
    --sudo-program) COMPREPLY=($(compgen -W "sudo doas -" -- "$current")); return ;;
    --log-dir) COMPREPLY=($(compgen -d -- "$current")); return ;;
  esac
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "-h --help --version --config --localhost --fix -n --dryrun --json --query-timeout -v --verbose -r --recursive --zfs-send-program-opts --ssh-src-user --ssh-src-host --ssh-src-port --ssh-src-config-file --ssh-dst-user --ssh-dst-host --ssh-dst-port --ssh-dst-config-file --ssh-cipher -p --no-privilege-elevation --ssh-program --sudo-program --log-dir" -- "$current"))
  fi
}
