/**
 * A shell program that runs the command of its parameters until its standard input ends, which happens when the process that
 * started it does, however it ends. Then the command gets SIGINT, which servers take as a wish to stop in order.
 */
export const untilParentEnds = `
exec 4<&0
"$@" </dev/null 4<&- &
server=$!
(read -r _ <&4; kill -INT $server) 2>/dev/null &
watcher=$!
exec 4<&-
wait $server
code=$?
kill $watcher 2>/dev/null
exit $code`;
