// Package capacity answers whether a site carries the mail that is declared
// for it, and what to change when it does not.
//
// Goals: one answer, yes or no, that rests on two legs which can disagree and
// are both shown. The first is the arithmetic of the documents (Q137043,
// Q132060, Q134339), each reading where they differ. The second is the site
// itself in virtual time: a day of the declared load, a day with a peak hour,
// and a day after an outage of the smart host. The bottleneck is named from
// what was measured (who was busy, where mail waited and grew), never from a
// table of shapes; and no advice is given that was not simulated.
//
// Non-goals: the network, the disks of the servers and the users' patience.
// What the emulator leaves out is not judged here either.
//
// # Use
//
//	load := capacity.Load{In: 5000, Out: 5000, Size: 8 << 10}
//	a, err := capacity.Judge(ctx, site, load, capacity.Options{})
//	a.Carries, a.Bottleneck, a.Advice
//	err = a.Text(w); err = a.HTML(w)
//
// Judge needs a site as plain data and nothing else. A deployment becomes one
// by whoever knows deployments; volumes per postoffice go into Load.Shares.
//
// # When a load is carried
//
// The day: the mail on its way does not grow from its first quarter to its
// end, by more than 2 % of the day's mail. Peak and outage: the mail on its way
// is back at what it is on an ordinary day by the end, 22 hours after the peak and
// 24 after the outage. In all three nothing is lost, sent twice, returned or refused, nothing is left in
// OUTBAD.API, and no PC waits for somebody to press a key. A limit on delays is
// the caller's choice.
//
// # Why
//
// Growth is measured by the slope of a line through the mail on its way, not by
// what is left at the end: EXTERNAL moves mail in turns, so the number at one
// instant says little. Offering more than passes and counting what comes out,
// as make capacity does, measures a site that starves one direction for the
// other; a user asks about his own mix, so the load as a whole is scaled until
// it is no longer carried.
package capacity
