/**
 * A shell program that runs the command of its parameters until its standard input ends, which happens when the process that
 * started it does, however it ends. Then the command gets a signal by which it stops in order: of a command in the background the
 * shell ignores SIGINT, so only one that sets a handler of its own can have that.
 */
export const untilParentEnds = (signal: "INT" | "TERM") => `
exec 4<&0
"$@" </dev/null 4<&- &
server=$!
(read -r _ <&4; kill -${signal} $server) 2>/dev/null &
watcher=$!
exec 4<&-
wait $server
code=$?
kill $watcher 2>/dev/null
exit $code`;
