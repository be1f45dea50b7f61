#compdef bzfs bzfs_jobrunner
# Made by: bzfs completion zsh

_bzfs_datasets() {
  if [[ "$words[2]" == man ]]; then (( CURRENT > 3 )) || compadd bzfs bzfs_jobrunner job-file status doctor; return; fi
  if [[ "$words[2]" == completion ]]; then (( CURRENT > 3 )) || compadd bash zsh fish; return; fi
  if [[ "$words[2]" == example ]]; then (( CURRENT > 3 )) || compadd home two-hosts local-backup removable-drive one-source-two-destinations many-to-many bastion hot-standby plans-per-pair snapshots-only; return; fi
  if [[ "$words[2]" == help ]]; then (( CURRENT > 3 )) || compadd bzfs jobrunner status doctor job-file examples runbook retention cron monitoring metrics checks exit-status plans encryption privileges tuning limitations coming-from; return; fi
  local -a datasets=(${(f)"$(zfs list -H -o name -t filesystem,volume 2>/dev/null)"})
  compadd -a datasets
  if (( CURRENT == 2 )); then compadd jobrunner status doctor help example man completion; fi
}

_bzfs() {
  if [[ "$words[2]" == status ]] && (( CURRENT > 2 )); then shift words; (( CURRENT-- )); _bzfs_status; return; fi
  if [[ "$words[2]" == doctor ]] && (( CURRENT > 2 )); then shift words; (( CURRENT-- )); _bzfs_doctor; return; fi
  _arguments -s \
    '*-r[Include all descendants of the root datasets]' \
    '*--recursive[Include all descendants of the root datasets]' \
    '*--include-dataset=[Only datasets at or below these names]:DATASET:_bzfs_datasets' \
    '*--exclude-dataset=[Skip datasets at or below these names]:DATASET:_bzfs_datasets' \
    '*--include-dataset-regex=[Only datasets whose relative path matches]:REGEX: ' \
    '*--exclude-dataset-regex=[Skip datasets whose relative path matches]:REGEX: ' \
    '*--exclude-dataset-property=[Let a user property decide which datasets are skipped]:NAME: ' \
    '*--skip-parent[Skip the root datasets themselves]' \
    '*--include-snapshot-regex=[Only snapshots whose name matches]:REGEX: ' \
    '*--exclude-snapshot-regex=[Skip snapshots whose name matches]:REGEX: ' \
    '*--include-snapshot-times-and-ranks=[Only snapshots by time of creation or by rank]:RANGE: ' \
    '*--include-snapshot-plan=[Select what a retention plan would retain]:DICT: ' \
    '*--new-snapshot-filter-group[Start another group of snapshot filters]' \
    '*--create-src-snapshots[Create the snapshots of the source that are due]' \
    '*--create-src-snapshots-plan=[Which snapshots to create how often]:DICT: ' \
    '*--create-src-snapshots-timeformat=[How the time in a snapshot name is written]:FORMAT: ' \
    '*--create-src-snapshots-timezone=[Time zone of periods and of names]:ZONE: ' \
    '*--create-src-snapshots-even-if-not-due[Create the snapshots of the plan now]' \
    '*--monitor-snapshots=[Alert if the newest or oldest snapshots are too old]:DICT: ' \
    '*--monitor-snapshots-dont-warn[Log warnings of monitoring, but exit as if there were none]' \
    '*--monitor-snapshots-dont-crit[Log critical findings, but exit as if there were none]' \
    '*--compare-snapshot-lists=[Write which snapshots only one side, or both, have]::value:(src dst all src+dst src+all dst+all src+dst+all)' \
    '*--cache-snapshots[Skip datasets that have not changed since the last run]' \
    '*--yearly_year=[Year in which a cycle of n years begins]:N: ' \
    '*--yearly_month=[Month of yearly snapshots]:N: ' \
    '*--yearly_monthday=[Day of the month of yearly snapshots]:N: ' \
    '*--yearly_hour=[Hour of yearly snapshots]:N: ' \
    '*--yearly_minute=[Minute of yearly snapshots]:N: ' \
    '*--yearly_second=[Second of yearly snapshots]:N: ' \
    '*--monthly_month=[Month in which a cycle of n months begins]:N: ' \
    '*--monthly_monthday=[Day of monthly snapshots]:N: ' \
    '*--monthly_hour=[Hour of monthly snapshots]:N: ' \
    '*--monthly_minute=[Minute of monthly snapshots]:N: ' \
    '*--monthly_second=[Second of monthly snapshots]:N: ' \
    '*--weekly_weekday=[Day of weekly snapshots, 0 = Sunday]:N: ' \
    '*--weekly_hour=[Hour of weekly snapshots]:N: ' \
    '*--weekly_minute=[Minute of weekly snapshots]:N: ' \
    '*--weekly_second=[Second of weekly snapshots]:N: ' \
    '*--daily_hour=[Hour of daily snapshots]:N: ' \
    '*--daily_minute=[Minute of daily snapshots]:N: ' \
    '*--daily_second=[Second of daily snapshots]:N: ' \
    '*--hourly_minute=[Minute of hourly snapshots]:N: ' \
    '*--hourly_second=[Second of hourly snapshots]:N: ' \
    '*--minutely_second=[Second of minutely snapshots]:N: ' \
    '*--secondly_millisecond=[Millisecond of secondly snapshots]:N: ' \
    '*--millisecondly_microsecond=[Microsecond of millisecondly snapshots]:N: ' \
    '*--skip-replication[Do everything else that is asked for, but replicate nothing]' \
    '*-n[Show what would be done, change nothing]::value:(recv send)' \
    '*--dryrun=[Show what would be done, change nothing]::value:(recv send)' \
    '*--zfs-send-program-opts=[Options of zfs send]:STRING: ' \
    '*--zfs-recv-program-opts=[Options of zfs receive]:STRING: ' \
    '*--zfs-recv-program-opt=[One more word for zfs receive, verbatim]:WORD: ' \
    '*--skip-missing-snapshots=[What to do if a source dataset has no selected snapshot]::value:(fail dataset continue)' \
    '*--no-stream[Send the latest selected snapshot only]' \
    '*--no-resume-recv[Start a cut transfer over instead of resuming it]' \
    '*--create-bookmarks=[Which replicated source snapshots get a bookmark]:value:(all hourly minutely secondly none)' \
    '*--promote-bookmarks[Make final bookmarks only of what the destination has]' \
    '*--no-use-bookmark[Never use a bookmark as base of an incremental send]' \
    '*--no-estimate-send-size[Do not ask for the size of a stream before sending it]' \
    '*--force-rollback-to-latest-snapshot[Discard changes that are not in a destination snapshot]' \
    '*--force-rollback-to-latest-common-snapshot[Discard destination snapshots newer than the common base]' \
    '*--force[Discard what the destination has and the source lacks]' \
    '*--force-destroy-dependents[Let rollback and destroy take clones along]' \
    '*--force-unmount[Let rollback and destroy unmount by force]' \
    '*--force-once[Resolve one conflict by force, then none]' \
    '*--f1[Resolve one conflict by force, then none]' \
    '*--existing-data=[What a full send does to data without a snapshot]:value:(replace refuse)' \
    '*--empty-selection=[What to do if a source has no selected snapshot]:value:(tell fail)' \
    '*--preserve-properties=[Properties of the destination that are never overwritten]:NAME: ' \
    '*--zfs-recv-o-targets=[In which sends to add zfs receive -o NAME=VALUE]:value:(full incremental full+incremental)' \
    '*--zfs-recv-o-sources=[Which properties by where their value comes from]:SOURCES: ' \
    '*--zfs-recv-o-include-regex=[Which properties by name]::REGEX: ' \
    '*--zfs-recv-o-exclude-regex=[Which properties not, by name]:REGEX: ' \
    '*--zfs-recv-x-targets=[In which sends to add zfs receive -x NAME]:value:(full incremental full+incremental)' \
    '*--zfs-recv-x-sources=[Which properties by where their value comes from]:SOURCES: ' \
    '*--zfs-recv-x-include-regex=[Which properties by name]::REGEX: ' \
    '*--zfs-recv-x-exclude-regex=[Which properties not, by name]:REGEX: ' \
    '*--guard=[Keep a bookmark of what each destination has]:value:(off on secondly minutely hourly daily)' \
    '*--forget-guards=[Remove the guards of a destination that is given up]:POOL: ' \
    '*--on-conflict=[What becomes of a destination that has diverged]:value:(stop set-aside)' \
    '*--follow-renames=[Rename destination datasets as the source was renamed]::value:(off on)' \
    '*--delete-dst-datasets[Destroy destination datasets that the source lacks]' \
    '*--delete-dst-snapshots=[Delete selected destination snapshots the source lacks]::value:(snapshots bookmarks)' \
    '*--delete-dst-snapshots-no-crosscheck[Let source bookmarks not save destination snapshots]' \
    '*--delete-dst-snapshots-except[Retain what the filters select, delete everything else]' \
    '*--delete-dst-snapshots-except-plan=[Retention plan\: delete everything that it does not cover]:DICT: ' \
    '*--delete-empty-dst-datasets=[Destroy destination datasets without snapshots]::value:(snapshots snapshots+bookmarks)' \
    '*--delete-limit=[Most snapshots of a dataset that a run may delete]:LIMIT: ' \
    '*--delete-datasets-limit=[Most datasets of a root that a run may destroy]:LIMIT: ' \
    '*--foreign-snapshots=[What happens to snapshots with names of others]:value:(delete keep)' \
    '*--own-names=[Names of snapshots that are not foreign]:REGEX: ' \
    '*--keep-newest=[Never prune so many of the newest snapshots]:INT: ' \
    '*--delete-aside-after=[Destroy datasets that were set aside so long ago]:DURATION: ' \
    '*--allow-deletions=[Let this run delete more there than the limits say]:DATASET:_bzfs_datasets' \
    '*--plan-memory=[Remember the plan of pruning under this name]:NAME: ' \
    '*-h[Show help\: -h one line per option, --help everything]' \
    '*--help[Show help\: -h one line per option, --help everything]' \
    '*--version[Show the version]' \
    '*-v[Log more; -vv still more]' \
    '*--verbose[Log more; -vv still more]' \
    '*-q[Log errors only, show no progress]' \
    '*--quiet[Log errors only, show no progress]' \
    '*--retries=[How often a failed step is tried again]:N: ' \
    '*--retry-min-sleep-secs=[Shortest pause before a retry]:SECONDS: ' \
    '*--retry-initial-max-sleep-secs=[Longest pause before the first retry]:SECONDS: ' \
    '*--retry-max-sleep-secs=[Longest pause before any retry]:SECONDS: ' \
    '*--retry-max-elapsed-secs=[No retry once this much time has passed]:SECONDS: ' \
    '*--skip-on-error=[What to skip after an error that retries did not cure]:value:(fail tree dataset)' \
    '*--missing-root=[What a missing source root does to other pairs]:value:(fail isolate)' \
    '*--timeout=[End the run after this time]:DURATION: ' \
    '*--query-timeout=[End a query that prints nothing for this time]:DURATION: ' \
    '*--stall-timeout=[End a transfer that stands still for this time]:DURATION: ' \
    '*--busy-limit=[How long an earlier run of the same job may take]:DURATION: ' \
    '*--threads=[How many datasets are processed at once]:N: ' \
    '*--max-concurrent-ssh-sessions-per-tcp-connection=[Sessions that share one ssh connection]:N: ' \
    '*--bwlimit=[Limit of the transfer rate, such as 100m]:RATE: ' \
    '*--pipeline=[How the local stages of a transfer are joined]:value:(sh streams)' \
    '*--ssh-src-user=[User at the source host]:USER: ' \
    '*--ssh-src-host=[The source host]:HOST:_hosts' \
    '*--ssh-src-port=[Port of ssh at the source host]:PORT: ' \
    '*--ssh-src-config-file=[ssh client configuration for the source host]:FILE:_files' \
    '*--ssh-dst-user=[User at the destination host]:USER: ' \
    '*--ssh-dst-host=[The destination host]:HOST:_hosts' \
    '*--ssh-dst-port=[Port of ssh at the destination host]:PORT: ' \
    '*--ssh-dst-config-file=[ssh client configuration for the destination host]:FILE:_files' \
    '*--ssh-cipher=[Cipher of ssh]:CIPHER: ' \
    '*--ssh-control-persist-secs=[How long an idle shared ssh connection stays open]:N: ' \
    '*--ssh-forward-agent[Lend the ssh agent of this host to remote hosts]' \
    '*--r2r=[Let two remote hosts talk to each other directly]:value:(off pull push)' \
    '*-p[Run zfs as the plain user, without sudo]' \
    '*--no-privilege-elevation[Run zfs as the plain user, without sudo]' \
    '*--compression-program=[Compression between hosts; - for none]:value:(zstd lz4 pzstd pigz gzip -)' \
    '*--compression-program-opts=[Options of the compression program]:STRING: ' \
    '*--mbuffer-program=[Buffer that smoothes transfers; - for none]:value:(mbuffer -)' \
    '*--mbuffer-program-opts=[Options of mbuffer]:STRING: ' \
    '*--pv-program=[Progress meter and rate limiter; - for none]:value:(pv -)' \
    '*--pv-program-opts=[Options of pv]:STRING: ' \
    '*--ps-program=[Finds busy destination datasets; - for none]:value:(ps -)' \
    '*--shell-program=[Shell of the remote hosts; - for none]:value:(sh -)' \
    '*--ssh-program=[Reaches remote hosts; - refuses remote datasets]:value:(ssh hpnssh -)' \
    '*--sudo-program=[Raises privileges; - for none]:value:(sudo doas -)' \
    '*--zpool-program=[Finds pool features; - for none]:value:(zpool -)' \
    '*--log-dir=[Folder of logs, locks and caches]:DIR:_files -/' \
    '*--log-file-prefix=[Start of the log file name]:STRING: ' \
    '*--log-file-infix=[Text after the timestamp in log file names]:STRING: ' \
    '*--log-file-suffix=[Text after the infix in log file names]:STRING: ' \
    '*--log-subdir=[How often a new folder for log files is begun]:value:(daily hourly minutely)' \
    '*--log-keep=[How long folders of log files are kept]:DURATION: ' \
    '*--log-syslog-address=[Also log to syslog]:ADDRESS: ' \
    '*--log-syslog-socktype=[Protocol of a remote syslog]:value:(UDP TCP)' \
    '*--log-syslog-facility=[Syslog facility\: 0 = kern, 1 = user … 7 = news]:N: ' \
    '*--log-syslog-prefix=[Program name in syslog]:STRING: ' \
    '*--log-syslog-level=[Least severe level that goes to syslog]:value:(CRITICAL ERROR WARN INFO DEBUG TRACE)' \
    '*--include-envvar-regex=[Environment variables that stay although excluded]:REGEX: ' \
    '*--exclude-envvar-regex=[Environment variables to remove at start]:REGEX: ' \
    '*--daemon-lifetime=[Repeat the run on its schedule for this long]:DURATION: ' \
    '*--daemon-frequency=[How often a daemon runs that creates no snapshots]:PERIOD: ' \
    '*--result-file=[Write the result as one JSON document; - is stdout]:FILE:_files' \
    '*--event-log=[Append what happens as lines of JSON; - is stdout]:FILE:_files' \
    '*--plan-file=[Write what a run would do; - is stdout. Needs --dryrun]:FILE:_files' \
    '*--apply-plan=[Destroy nothing that this plan does not hold]:FILE:_files' \
    '*--plan-max-age=[How old a plan may be that is applied]:DURATION: ' \
    '*:dataset:_bzfs_datasets'
}

_bzfs_jobrunner() {
  _arguments -s \
    '*-h[Show help\: -h one line per option, --help everything]' \
    '*--help[Show help\: -h one line per option, --help everything]' \
    '*--version[Show the version]' \
    '*--config=[Take the policy from this job file]:FILE:_files' \
    '*--explain[Say what would be done, do nothing]' \
    '*--ask-hosts[Ask the hosts as well; for --explain]' \
    '*--print-schedule=[Print what a scheduler needs for this host]:value:(cron systemd nomad)' \
    '*--status-timer=[Let the scheduler also start bzfs status]:nagios|FILE: ' \
    '*--ping=[Let the scheduler ping this address after each success]:URL: ' \
    '*--hook-success=[Let the scheduler run this after each success]:PROGRAM: ' \
    '*--hook-failure=[Let the scheduler run this after each failure]:PROGRAM: ' \
    '*--forget-destination=[Show which guards stand for a destination, remove them]:HOST#POOL: ' \
    '*--yes[Do what is only shown without it]' \
    '*--print-jobfile-schema[Print the JSON Schema of job files]' \
    '*--create-src-snapshots[Create the snapshots of the sources that are due]' \
    '*--replicate[Replicate from the sources to the destinations]' \
    '*--prune-src-snapshots[Delete snapshots of the sources that no plan keeps]' \
    '*--prune-src-bookmarks[Delete bookmarks of the sources that no plan keeps]' \
    '*--prune-dst-snapshots[Delete snapshots of the destinations that no plan keeps]' \
    '*--monitor-src-snapshots[Alert if snapshots of the sources are too old]' \
    '*--monitor-dst-snapshots[Alert if snapshots of the destinations are too old]' \
    '*--root-dataset-pairs=[Source and destination datasets in turn]:DATASET:_bzfs_datasets' \
    '*--job-id=[Name of this set of jobs]:STRING: ' \
    '*--job-run=[Name of this run]:STRING: ' \
    '*--localhost=[Name of this host in the policy]:NAME: ' \
    '*--src-hosts=[All source hosts]:LIST: ' \
    '*--src-host=[Only this source host]:NAME: ' \
    '*--dst-hosts=[Destination hosts, and the targets that go there]:DICT: ' \
    '*--dst-host=[Only this destination host]:NAME: ' \
    '*--retain-dst-targets=[Targets that pruning retains, by destination host]:DICT: ' \
    '*--dst-root-datasets=[Dataset in front of all names, by destination host]:DICT: ' \
    '*--src-snapshot-plan=[What is created and retained at the sources]:DICT: ' \
    '*--src-bookmark-plan=[Which bookmarks are retained at the sources]:DICT: ' \
    '*--dst-snapshot-plan=[What is replicated and retained at the destinations]:DICT: ' \
    '*--monitor-snapshot-plan=[How late snapshots may be before an alarm]:DICT: ' \
    '*--workers=[How many subjobs run at once]:N: ' \
    '*--work-period-seconds=[Spread the starts of subjobs over this time]:SECONDS: ' \
    '*--jitter[Shuffle the hosts before subjobs are made]' \
    '*--worker-timeout-seconds=[End a subjob after this time]:SECONDS: ' \
    '*--busy-limit=[How long an earlier run of a subjob may take]:DURATION: ' \
    '*--repeat-if-took-more-than-seconds=[Repeat everything if it took longer than this]:SECONDS: ' \
    '*--spawn-process-per-job[Run each subjob in a process of its own]' \
    '*--jobrunner-dryrun[Show the subjobs, run none]' \
    '*--jobrunner-log-level=[Least severe level that the runner itself logs]:value:(CRITICAL ERROR WARN INFO DEBUG TRACE)' \
    '*--result-file=[Write the result as one JSON document; - is stdout]:FILE:_files' \
    '*--event-log=[Append what happens as lines of JSON; - is stdout]:FILE:_files' \
    '*--plan-file=[Write what a run would do; - is stdout. Needs --dryrun]:FILE:_files' \
    '*--apply-plan=[Destroy nothing that this plan does not hold]:FILE:_files' \
    '*--plan-max-age=[How old a plan may be that is applied]:DURATION: ' \
    '*--daemon-replication-frequency=[How often a daemon replicates]:PERIOD: ' \
    '*--daemon-prune-src-frequency=[How often a daemon prunes the sources]:PERIOD: ' \
    '*--daemon-prune-dst-frequency=[How often a daemon prunes the destinations]:PERIOD: ' \
    '*--daemon-monitor-snapshots-frequency=[How often a daemon monitors]:PERIOD: ' \
    '*--ssh-src-user=[User at the source hosts]:USER: ' \
    '*--ssh-src-port=[Port of ssh at the source hosts]:PORT: ' \
    '*--ssh-src-config-file=[ssh client configuration for the source hosts]:FILE:_files' \
    '*--ssh-dst-user=[User at the destination hosts]:USER: ' \
    '*--ssh-dst-port=[Port of ssh at the destination hosts]:PORT: ' \
    '*--ssh-dst-config-file=[ssh client configuration for the destination hosts]:FILE:_files' \
    '*:dataset:_bzfs_datasets'
}

_bzfs_status() {
  _arguments -s \
    '*-h[Show help\: -h one line per option, --help everything]' \
    '*--help[Show help\: -h one line per option, --help everything]' \
    '*--version[Show the version]' \
    '*--config=[Tell the state of what this job file expects]:FILE:_files' \
    '*--localhost=[Name of this host in the job file]:NAME: ' \
    '*--json[Print one JSON document instead of a table]' \
    '*--nagios[Print what monitoring systems read]' \
    '*--prometheus=[Write metrics for Prometheus into this file]:FILE:_files' \
    '*--html=[Write a page for a browser into this file]:FILE:_files' \
    '*--watch=[Look again and again, until it is interrupted]::DURATION: ' \
    '*--offline[Ask no pool, use what runs have left behind]' \
    '*--src-host=[Only this source host]:NAME: ' \
    '*--dst-host=[Only this destination host]:NAME: ' \
    '*--query-timeout=[Take a host that prints nothing for this time as down]:DURATION: ' \
    '*--log-dir=[Where the runs of this host log]:DIR:_files -/' \
    '*-v[Print commands and their output on standard error]' \
    '*--verbose[Print commands and their output on standard error]' \
    '*: :'
}

_bzfs_doctor() {
  _arguments -s \
    '*-h[Show help\: -h one line per option, --help everything]' \
    '*--help[Show help\: -h one line per option, --help everything]' \
    '*--version[Show the version]' \
    '*--config=[Check everything that this job file is about]:FILE:_files' \
    '*--localhost=[Name of this host in the job file]:NAME: ' \
    '*--fix=[Remove what runs of this program have left behind]:value:(partial-receives temporary-bookmarks control-sockets locks)' \
    '*-n[Only show what --fix would remove]' \
    '*--dryrun[Only show what --fix would remove]' \
    '*--json[Print one JSON document in place of the table]' \
    '*--query-timeout=[Take a host that prints nothing for this time as down]:DURATION: ' \
    '*-v[Print commands on standard error]' \
    '*--verbose[Print commands on standard error]' \
    '*-r[Include all descendants of the root datasets]' \
    '*--recursive[Include all descendants of the root datasets]' \
    '*--zfs-send-program-opts=[Options of zfs send]:STRING: ' \
    '*--ssh-src-user=[User at the source host]:USER: ' \
    '*--ssh-src-host=[The source host]:HOST:_hosts' \
    '*--ssh-src-port=[Port of ssh at the source host]:PORT: ' \
    '*--ssh-src-config-file=[ssh client configuration for the source host]:FILE:_files' \
    '*--ssh-dst-user=[User at the destination host]:USER: ' \
    '*--ssh-dst-host=[The destination host]:HOST:_hosts' \
    '*--ssh-dst-port=[Port of ssh at the destination host]:PORT: ' \
    '*--ssh-dst-config-file=[ssh client configuration for the destination host]:FILE:_files' \
    '*--ssh-cipher=[Cipher of ssh]:CIPHER: ' \
    '*-p[Run zfs as the plain user, without sudo]' \
    '*--no-privilege-elevation[Run zfs as the plain user, without sudo]' \
    '*--ssh-program=[Reaches remote hosts; - refuses remote datasets]:value:(ssh hpnssh -)' \
    '*--sudo-program=[Raises privileges; - for none]:value:(sudo doas -)' \
    '*--log-dir=[Folder of logs, locks and caches]:DIR:_files -/' \
    '*: :'
}

# As a file in fpath this runs as the function of its own name; sourced, it registers the functions.
if [[ "${funcstack[1]}" == _bzfs* ]]; then
  "_${service}" "$@"
else
  compdef _bzfs bzfs
  compdef _bzfs_jobrunner bzfs_jobrunner
fi
