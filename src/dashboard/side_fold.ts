/** A fold of the journal beside the picture: made when somebody asks for it, it then reads only what is new, and others have their turn. */
import { FollowedFold, type JournalFold, type MakeFold } from "../store/followed_fold.ts";
import type { Layout } from "../store/layout.ts";
import { PIECE_MS } from "./turns.ts";

export class SideFold<Fold extends JournalFold> extends FollowedFold<Fold> {
  /** That a tree is gone is told with the picture. */
  constructor(layout: Layout, make: MakeFold<Fold>) {
    super(layout, make, { pieceMs: PIECE_MS, mayBeGone: true });
  }
}
