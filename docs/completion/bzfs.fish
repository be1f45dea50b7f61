# Made by: bzfs completion fish

complete -c bzfs -f -n 'not contains -- (commandline -opc)[2] help man completion example status doctor' -a '(command -q zfs; and zfs list -H -o name -t filesystem,volume 2>/dev/null)'
complete -c bzfs -f -n 'contains -- (commandline -opc)[2] man' -a 'bzfs bzfs_jobrunner job-file status doctor'
complete -c bzfs -f -n 'contains -- (commandline -opc)[2] completion' -a 'bash zsh fish'
complete -c bzfs -f -n 'contains -- (commandline -opc)[2] example' -a 'home two-hosts local-backup removable-drive one-source-two-destinations many-to-many bastion hot-standby plans-per-pair snapshots-only'
complete -c bzfs -f -n 'contains -- (commandline -opc)[2] help' -a 'bzfs jobrunner status doctor job-file examples runbook retention cron monitoring metrics checks exit-status plans encryption privileges tuning limitations coming-from'
complete -c bzfs -n 'test (count (commandline -opc)) -eq 1' -a 'jobrunner status doctor help example man completion'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -s r -l recursive -d 'Include all descendants of the root datasets'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l include-dataset -d 'Only datasets at or below these names' -x -a '(command -q zfs; and zfs list -H -o name -t filesystem,volume 2>/dev/null)'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l exclude-dataset -d 'Skip datasets at or below these names' -x -a '(command -q zfs; and zfs list -H -o name -t filesystem,volume 2>/dev/null)'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l include-dataset-regex -d 'Only datasets whose relative path matches' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l exclude-dataset-regex -d 'Skip datasets whose relative path matches' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l exclude-dataset-property -d 'Let a user property decide which datasets are skipped' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l skip-parent -d 'Skip the root datasets themselves'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l include-snapshot-regex -d 'Only snapshots whose name matches' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l exclude-snapshot-regex -d 'Skip snapshots whose name matches' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l include-snapshot-times-and-ranks -d 'Only snapshots by time of creation or by rank' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l include-snapshot-plan -d 'Select what a retention plan would retain' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l new-snapshot-filter-group -d 'Start another group of snapshot filters'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l create-src-snapshots -d 'Create the snapshots of the source that are due'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l create-src-snapshots-plan -d 'Which snapshots to create how often' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l create-src-snapshots-timeformat -d 'How the time in a snapshot name is written' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l create-src-snapshots-timezone -d 'Time zone of periods and of names' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l create-src-snapshots-even-if-not-due -d 'Create the snapshots of the plan now'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l monitor-snapshots -d 'Alert if the newest or oldest snapshots are too old' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l monitor-snapshots-dont-warn -d 'Log warnings of monitoring, but exit as if there were none'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l monitor-snapshots-dont-crit -d 'Log critical findings, but exit as if there were none'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l compare-snapshot-lists -d 'Write which snapshots only one side, or both, have' -a 'src dst all src+dst src+all dst+all src+dst+all'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l cache-snapshots -d 'Skip datasets that have not changed since the last run'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l yearly_year -d 'Year in which a cycle of n years begins' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l yearly_month -d 'Month of yearly snapshots' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l yearly_monthday -d 'Day of the month of yearly snapshots' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l yearly_hour -d 'Hour of yearly snapshots' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l yearly_minute -d 'Minute of yearly snapshots' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l yearly_second -d 'Second of yearly snapshots' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l monthly_month -d 'Month in which a cycle of n months begins' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l monthly_monthday -d 'Day of monthly snapshots' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l monthly_hour -d 'Hour of monthly snapshots' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l monthly_minute -d 'Minute of monthly snapshots' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l monthly_second -d 'Second of monthly snapshots' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l weekly_weekday -d 'Day of weekly snapshots, 0 = Sunday' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l weekly_hour -d 'Hour of weekly snapshots' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l weekly_minute -d 'Minute of weekly snapshots' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l weekly_second -d 'Second of weekly snapshots' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l daily_hour -d 'Hour of daily snapshots' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l daily_minute -d 'Minute of daily snapshots' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l daily_second -d 'Second of daily snapshots' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l hourly_minute -d 'Minute of hourly snapshots' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l hourly_second -d 'Second of hourly snapshots' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l minutely_second -d 'Second of minutely snapshots' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l secondly_millisecond -d 'Millisecond of secondly snapshots' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l millisecondly_microsecond -d 'Microsecond of millisecondly snapshots' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l skip-replication -d 'Do everything else that is asked for, but replicate nothing'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -s n -l dryrun -d 'Show what would be done, change nothing' -a 'recv send'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l zfs-send-program-opts -d 'Options of zfs send' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l zfs-recv-program-opts -d 'Options of zfs receive' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l zfs-recv-program-opt -d 'One more word for zfs receive, verbatim' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l skip-missing-snapshots -d 'What to do if a source dataset has no selected snapshot' -a 'fail dataset continue'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l no-stream -d 'Send the latest selected snapshot only'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l no-resume-recv -d 'Start a cut transfer over instead of resuming it'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l create-bookmarks -d 'Which replicated source snapshots get a bookmark' -x -a 'all hourly minutely secondly none'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l promote-bookmarks -d 'Make final bookmarks only of what the destination has'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l no-use-bookmark -d 'Never use a bookmark as base of an incremental send'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l no-estimate-send-size -d 'Do not ask for the size of a stream before sending it'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l force-rollback-to-latest-snapshot -d 'Discard changes that are not in a destination snapshot'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l force-rollback-to-latest-common-snapshot -d 'Discard destination snapshots newer than the common base'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l force -d 'Discard what the destination has and the source lacks'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l force-destroy-dependents -d 'Let rollback and destroy take clones along'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l force-unmount -d 'Let rollback and destroy unmount by force'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l force-once -l f1 -d 'Resolve one conflict by force, then none'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l existing-data -d 'What a full send does to data without a snapshot' -x -a 'replace refuse'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l empty-selection -d 'What to do if a source has no selected snapshot' -x -a 'tell fail'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l preserve-properties -d 'Properties of the destination that are never overwritten' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l zfs-recv-o-targets -d 'In which sends to add zfs receive -o NAME=VALUE' -x -a 'full incremental full+incremental'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l zfs-recv-o-sources -d 'Which properties by where their value comes from' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l zfs-recv-o-include-regex -d 'Which properties by name'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l zfs-recv-o-exclude-regex -d 'Which properties not, by name' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l zfs-recv-x-targets -d 'In which sends to add zfs receive -x NAME' -x -a 'full incremental full+incremental'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l zfs-recv-x-sources -d 'Which properties by where their value comes from' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l zfs-recv-x-include-regex -d 'Which properties by name'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l zfs-recv-x-exclude-regex -d 'Which properties not, by name' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l guard -d 'Keep a bookmark of what each destination has' -x -a 'off on secondly minutely hourly daily'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l forget-guards -d 'Remove the guards of a destination that is given up' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l on-conflict -d 'What becomes of a destination that has diverged' -x -a 'stop set-aside'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l follow-renames -d 'Rename destination datasets as the source was renamed' -a 'off on'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l delete-dst-datasets -d 'Destroy destination datasets that the source lacks'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l delete-dst-snapshots -d 'Delete selected destination snapshots the source lacks' -a 'snapshots bookmarks'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l delete-dst-snapshots-no-crosscheck -d 'Let source bookmarks not save destination snapshots'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l delete-dst-snapshots-except -d 'Retain what the filters select, delete everything else'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l delete-dst-snapshots-except-plan -d 'Retention plan: delete everything that it does not cover' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l delete-empty-dst-datasets -d 'Destroy destination datasets without snapshots' -a 'snapshots snapshots+bookmarks'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l delete-limit -d 'Most snapshots of a dataset that a run may delete' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l delete-datasets-limit -d 'Most datasets of a root that a run may destroy' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l foreign-snapshots -d 'What happens to snapshots with names of others' -x -a 'delete keep'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l own-names -d 'Names of snapshots that are not foreign' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l keep-newest -d 'Never prune so many of the newest snapshots' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l delete-aside-after -d 'Destroy datasets that were set aside so long ago' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l allow-deletions -d 'Let this run delete more there than the limits say' -x -a '(command -q zfs; and zfs list -H -o name -t filesystem,volume 2>/dev/null)'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l plan-memory -d 'Remember the plan of pruning under this name' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -s h -l help -d 'Show help: -h one line per option, --help everything'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l version -d 'Show the version'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -s v -l verbose -d 'Log more; -vv still more'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -s q -l quiet -d 'Log errors only, show no progress'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l retries -d 'How often a failed step is tried again' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l retry-min-sleep-secs -d 'Shortest pause before a retry' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l retry-initial-max-sleep-secs -d 'Longest pause before the first retry' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l retry-max-sleep-secs -d 'Longest pause before any retry' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l retry-max-elapsed-secs -d 'No retry once this much time has passed' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l skip-on-error -d 'What to skip after an error that retries did not cure' -x -a 'fail tree dataset'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l missing-root -d 'What a missing source root does to other pairs' -x -a 'fail isolate'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l timeout -d 'End the run after this time' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l query-timeout -d 'End a query that prints nothing for this time' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l stall-timeout -d 'End a transfer that stands still for this time' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l busy-limit -d 'How long an earlier run of the same job may take' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l threads -d 'How many datasets are processed at once' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l max-concurrent-ssh-sessions-per-tcp-connection -d 'Sessions that share one ssh connection' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l bwlimit -d 'Limit of the transfer rate, such as 100m' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l pipeline -d 'How the local stages of a transfer are joined' -x -a 'sh streams'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l ssh-src-user -d 'User at the source host' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l ssh-src-host -d 'The source host' -x -a '(__fish_print_hostnames)'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l ssh-src-port -d 'Port of ssh at the source host' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l ssh-src-config-file -d 'ssh client configuration for the source host' -r -F
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l ssh-dst-user -d 'User at the destination host' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l ssh-dst-host -d 'The destination host' -x -a '(__fish_print_hostnames)'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l ssh-dst-port -d 'Port of ssh at the destination host' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l ssh-dst-config-file -d 'ssh client configuration for the destination host' -r -F
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l ssh-cipher -d 'Cipher of ssh' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l ssh-control-persist-secs -d 'How long an idle shared ssh connection stays open' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l ssh-forward-agent -d 'Lend the ssh agent of this host to remote hosts'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l r2r -d 'Let two remote hosts talk to each other directly' -x -a 'off pull push'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -s p -l no-privilege-elevation -d 'Run zfs as the plain user, without sudo'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l compression-program -d 'Compression between hosts; - for none' -x -a 'zstd lz4 pzstd pigz gzip -'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l compression-program-opts -d 'Options of the compression program' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l mbuffer-program -d 'Buffer that smoothes transfers; - for none' -x -a 'mbuffer -'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l mbuffer-program-opts -d 'Options of mbuffer' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l pv-program -d 'Progress meter and rate limiter; - for none' -x -a 'pv -'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l pv-program-opts -d 'Options of pv' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l ps-program -d 'Finds busy destination datasets; - for none' -x -a 'ps -'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l shell-program -d 'Shell of the remote hosts; - for none' -x -a 'sh -'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l ssh-program -d 'Reaches remote hosts; - refuses remote datasets' -x -a 'ssh hpnssh -'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l sudo-program -d 'Raises privileges; - for none' -x -a 'sudo doas -'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l zpool-program -d 'Finds pool features; - for none' -x -a 'zpool -'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l log-dir -d 'Folder of logs, locks and caches' -x -a '(__fish_complete_directories)'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l log-file-prefix -d 'Start of the log file name' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l log-file-infix -d 'Text after the timestamp in log file names' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l log-file-suffix -d 'Text after the infix in log file names' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l log-subdir -d 'How often a new folder for log files is begun' -x -a 'daily hourly minutely'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l log-keep -d 'How long folders of log files are kept' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l log-syslog-address -d 'Also log to syslog' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l log-syslog-socktype -d 'Protocol of a remote syslog' -x -a 'UDP TCP'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l log-syslog-facility -d 'Syslog facility: 0 = kern, 1 = user … 7 = news' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l log-syslog-prefix -d 'Program name in syslog' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l log-syslog-level -d 'Least severe level that goes to syslog' -x -a 'CRITICAL ERROR WARN INFO DEBUG TRACE'
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l include-envvar-regex -d 'Environment variables that stay although excluded' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l exclude-envvar-regex -d 'Environment variables to remove at start' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l daemon-lifetime -d 'Repeat the run on its schedule for this long' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l daemon-frequency -d 'How often a daemon runs that creates no snapshots' -x
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l result-file -d 'Write the result as one JSON document; - is stdout' -r -F
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l event-log -d 'Append what happens as lines of JSON; - is stdout' -r -F
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l plan-file -d 'Write what a run would do; - is stdout. Needs --dryrun' -r -F
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l apply-plan -d 'Destroy nothing that this plan does not hold' -r -F
complete -c bzfs -n 'not contains -- (commandline -opc)[2] status doctor' -l plan-max-age -d 'How old a plan may be that is applied' -x

complete -c bzfs_jobrunner -f -n 'not contains -- (commandline -opc)[2] help man completion example' -a '(command -q zfs; and zfs list -H -o name -t filesystem,volume 2>/dev/null)'
complete -c bzfs_jobrunner -f -n 'contains -- (commandline -opc)[2] man' -a 'bzfs bzfs_jobrunner job-file status doctor'
complete -c bzfs_jobrunner -f -n 'contains -- (commandline -opc)[2] completion' -a 'bash zsh fish'
complete -c bzfs_jobrunner -f -n 'contains -- (commandline -opc)[2] example' -a 'home two-hosts local-backup removable-drive one-source-two-destinations many-to-many bastion hot-standby plans-per-pair snapshots-only'
complete -c bzfs_jobrunner -f -n 'contains -- (commandline -opc)[2] help' -a 'bzfs jobrunner status doctor job-file examples runbook retention cron monitoring metrics checks exit-status plans encryption privileges tuning limitations coming-from'
complete -c bzfs_jobrunner -n 'test (count (commandline -opc)) -eq 1' -a 'jobrunner status doctor help example man completion'
complete -c bzfs_jobrunner -s h -l help -d 'Show help: -h one line per option, --help everything'
complete -c bzfs_jobrunner -l version -d 'Show the version'
complete -c bzfs_jobrunner -l config -d 'Take the policy from this job file' -r -F
complete -c bzfs_jobrunner -l explain -d 'Say what would be done, do nothing'
complete -c bzfs_jobrunner -l ask-hosts -d 'Ask the hosts as well; for --explain'
complete -c bzfs_jobrunner -l print-schedule -d 'Print what a scheduler needs for this host' -x -a 'cron systemd nomad'
complete -c bzfs_jobrunner -l status-timer -d 'Let the scheduler also start bzfs status' -x
complete -c bzfs_jobrunner -l ping -d 'Let the scheduler ping this address after each success' -x
complete -c bzfs_jobrunner -l hook-success -d 'Let the scheduler run this after each success' -x
complete -c bzfs_jobrunner -l hook-failure -d 'Let the scheduler run this after each failure' -x
complete -c bzfs_jobrunner -l forget-destination -d 'Show which guards stand for a destination, remove them' -x
complete -c bzfs_jobrunner -l yes -d 'Do what is only shown without it'
complete -c bzfs_jobrunner -l print-jobfile-schema -d 'Print the JSON Schema of job files'
complete -c bzfs_jobrunner -l create-src-snapshots -d 'Create the snapshots of the sources that are due'
complete -c bzfs_jobrunner -l replicate -d 'Replicate from the sources to the destinations'
complete -c bzfs_jobrunner -l prune-src-snapshots -d 'Delete snapshots of the sources that no plan keeps'
complete -c bzfs_jobrunner -l prune-src-bookmarks -d 'Delete bookmarks of the sources that no plan keeps'
complete -c bzfs_jobrunner -l prune-dst-snapshots -d 'Delete snapshots of the destinations that no plan keeps'
complete -c bzfs_jobrunner -l monitor-src-snapshots -d 'Alert if snapshots of the sources are too old'
complete -c bzfs_jobrunner -l monitor-dst-snapshots -d 'Alert if snapshots of the destinations are too old'
complete -c bzfs_jobrunner -l root-dataset-pairs -d 'Source and destination datasets in turn' -x -a '(command -q zfs; and zfs list -H -o name -t filesystem,volume 2>/dev/null)'
complete -c bzfs_jobrunner -l job-id -d 'Name of this set of jobs' -x
complete -c bzfs_jobrunner -l job-run -d 'Name of this run' -x
complete -c bzfs_jobrunner -l localhost -d 'Name of this host in the policy' -x
complete -c bzfs_jobrunner -l src-hosts -d 'All source hosts' -x
complete -c bzfs_jobrunner -l src-host -d 'Only this source host' -x
complete -c bzfs_jobrunner -l dst-hosts -d 'Destination hosts, and the targets that go there' -x
complete -c bzfs_jobrunner -l dst-host -d 'Only this destination host' -x
complete -c bzfs_jobrunner -l retain-dst-targets -d 'Targets that pruning retains, by destination host' -x
complete -c bzfs_jobrunner -l dst-root-datasets -d 'Dataset in front of all names, by destination host' -x
complete -c bzfs_jobrunner -l src-snapshot-plan -d 'What is created and retained at the sources' -x
complete -c bzfs_jobrunner -l src-bookmark-plan -d 'Which bookmarks are retained at the sources' -x
complete -c bzfs_jobrunner -l dst-snapshot-plan -d 'What is replicated and retained at the destinations' -x
complete -c bzfs_jobrunner -l monitor-snapshot-plan -d 'How late snapshots may be before an alarm' -x
complete -c bzfs_jobrunner -l workers -d 'How many subjobs run at once' -x
complete -c bzfs_jobrunner -l work-period-seconds -d 'Spread the starts of subjobs over this time' -x
complete -c bzfs_jobrunner -l jitter -d 'Shuffle the hosts before subjobs are made'
complete -c bzfs_jobrunner -l worker-timeout-seconds -d 'End a subjob after this time' -x
complete -c bzfs_jobrunner -l busy-limit -d 'How long an earlier run of a subjob may take' -x
complete -c bzfs_jobrunner -l repeat-if-took-more-than-seconds -d 'Repeat everything if it took longer than this' -x
complete -c bzfs_jobrunner -l spawn-process-per-job -d 'Run each subjob in a process of its own'
complete -c bzfs_jobrunner -l jobrunner-dryrun -d 'Show the subjobs, run none'
complete -c bzfs_jobrunner -l jobrunner-log-level -d 'Least severe level that the runner itself logs' -x -a 'CRITICAL ERROR WARN INFO DEBUG TRACE'
complete -c bzfs_jobrunner -l result-file -d 'Write the result as one JSON document; - is stdout' -r -F
complete -c bzfs_jobrunner -l event-log -d 'Append what happens as lines of JSON; - is stdout' -r -F
complete -c bzfs_jobrunner -l plan-file -d 'Write what a run would do; - is stdout. Needs --dryrun' -r -F
complete -c bzfs_jobrunner -l apply-plan -d 'Destroy nothing that this plan does not hold' -r -F
complete -c bzfs_jobrunner -l plan-max-age -d 'How old a plan may be that is applied' -x
complete -c bzfs_jobrunner -l daemon-replication-frequency -d 'How often a daemon replicates' -x
complete -c bzfs_jobrunner -l daemon-prune-src-frequency -d 'How often a daemon prunes the sources' -x
complete -c bzfs_jobrunner -l daemon-prune-dst-frequency -d 'How often a daemon prunes the destinations' -x
complete -c bzfs_jobrunner -l daemon-monitor-snapshots-frequency -d 'How often a daemon monitors' -x
complete -c bzfs_jobrunner -l ssh-src-user -d 'User at the source hosts' -x
complete -c bzfs_jobrunner -l ssh-src-port -d 'Port of ssh at the source hosts' -x
complete -c bzfs_jobrunner -l ssh-src-config-file -d 'ssh client configuration for the source hosts' -r -F
complete -c bzfs_jobrunner -l ssh-dst-user -d 'User at the destination hosts' -x
complete -c bzfs_jobrunner -l ssh-dst-port -d 'Port of ssh at the destination hosts' -x
complete -c bzfs_jobrunner -l ssh-dst-config-file -d 'ssh client configuration for the destination hosts' -r -F

complete -c bzfs -n 'contains -- (commandline -opc)[2] status' -s h -l help -d 'Show help: -h one line per option, --help everything'
complete -c bzfs -n 'contains -- (commandline -opc)[2] status' -l version -d 'Show the version'
complete -c bzfs -n 'contains -- (commandline -opc)[2] status' -l config -d 'Tell the state of what this job file expects' -r -F
complete -c bzfs -n 'contains -- (commandline -opc)[2] status' -l localhost -d 'Name of this host in the job file' -x
complete -c bzfs -n 'contains -- (commandline -opc)[2] status' -l json -d 'Print one JSON document instead of a table'
complete -c bzfs -n 'contains -- (commandline -opc)[2] status' -l nagios -d 'Print what monitoring systems read'
complete -c bzfs -n 'contains -- (commandline -opc)[2] status' -l prometheus -d 'Write metrics for Prometheus into this file' -r -F
complete -c bzfs -n 'contains -- (commandline -opc)[2] status' -l html -d 'Write a page for a browser into this file' -r -F
complete -c bzfs -n 'contains -- (commandline -opc)[2] status' -l watch -d 'Look again and again, until it is interrupted'
complete -c bzfs -n 'contains -- (commandline -opc)[2] status' -l offline -d 'Ask no pool, use what runs have left behind'
complete -c bzfs -n 'contains -- (commandline -opc)[2] status' -l src-host -d 'Only this source host' -x
complete -c bzfs -n 'contains -- (commandline -opc)[2] status' -l dst-host -d 'Only this destination host' -x
complete -c bzfs -n 'contains -- (commandline -opc)[2] status' -l query-timeout -d 'Take a host that prints nothing for this time as down' -x
complete -c bzfs -n 'contains -- (commandline -opc)[2] status' -l log-dir -d 'Where the runs of this host log' -x -a '(__fish_complete_directories)'
complete -c bzfs -n 'contains -- (commandline -opc)[2] status' -s v -l verbose -d 'Print commands and their output on standard error'

complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -s h -l help -d 'Show help: -h one line per option, --help everything'
complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -l version -d 'Show the version'
complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -l config -d 'Check everything that this job file is about' -r -F
complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -l localhost -d 'Name of this host in the job file' -x
complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -l fix -d 'Remove what runs of this program have left behind' -x -a 'partial-receives temporary-bookmarks control-sockets locks'
complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -s n -l dryrun -d 'Only show what --fix would remove'
complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -l json -d 'Print one JSON document in place of the table'
complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -l query-timeout -d 'Take a host that prints nothing for this time as down' -x
complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -s v -l verbose -d 'Print commands on standard error'
complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -s r -l recursive -d 'Include all descendants of the root datasets'
complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -l zfs-send-program-opts -d 'Options of zfs send' -x
complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -l ssh-src-user -d 'User at the source host' -x
complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -l ssh-src-host -d 'The source host' -x -a '(__fish_print_hostnames)'
complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -l ssh-src-port -d 'Port of ssh at the source host' -x
complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -l ssh-src-config-file -d 'ssh client configuration for the source host' -r -F
complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -l ssh-dst-user -d 'User at the destination host' -x
complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -l ssh-dst-host -d 'The destination host' -x -a '(__fish_print_hostnames)'
complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -l ssh-dst-port -d 'Port of ssh at the destination host' -x
complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -l ssh-dst-config-file -d 'ssh client configuration for the destination host' -r -F
complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -l ssh-cipher -d 'Cipher of ssh' -x
complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -s p -l no-privilege-elevation -d 'Run zfs as the plain user, without sudo'
complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -l ssh-program -d 'Reaches remote hosts; - refuses remote datasets' -x -a 'ssh hpnssh -'
complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -l sudo-program -d 'Raises privileges; - for none' -x -a 'sudo doas -'
complete -c bzfs -n 'contains -- (commandline -opc)[2] doctor' -l log-dir -d 'Folder of logs, locks and caches' -x -a '(__fish_complete_directories)'
