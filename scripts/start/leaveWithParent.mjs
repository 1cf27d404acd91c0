// Loaded into wrangler before anything else. When the start that made it is killed outright, the channel to it closes
// and the whole process group goes: no Worker is left listening.
process.on("disconnect", () => {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch {
    process.exit(1);
  }
});
process.channel?.unref();
