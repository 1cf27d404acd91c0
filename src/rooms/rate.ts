/** Frames that a socket may send at once, and again each second. */
const burst = 60;
const perSecond = 20;
/** Frames over that and beyond those that went through, after which a socket that does not heed its refusals is closed. */
const patience = 200;

/** A bucket of frames; `over` counts those that were refused, less those that went through since. */
export type Bucket = { level: number; atMs: number; over: number };

export const fullBucket = (atMs: number): Bucket => ({ level: burst, atMs, over: 0 });

/** Takes a frame out of a bucket: whether it goes through, is refused, or is one too many. */
export function takeFrame(bucket: Bucket, atMs: number): "pass" | "refuse" | "close" {
  bucket.level = Math.min(burst, bucket.level + ((atMs - bucket.atMs) / 1_000) * perSecond);
  bucket.atMs = atMs;
  if (bucket.level >= 1) {
    bucket.level -= 1;
    bucket.over = Math.max(0, bucket.over - 1);
    return "pass";
  }
  bucket.over += 1;
  return bucket.over > patience ? "close" : "refuse";
}
