/** Something that the developer can put right. `message` is one line that says what is wrong and what to do. */
export class StartProblem extends Error {
  override readonly name = "StartProblem";
}
