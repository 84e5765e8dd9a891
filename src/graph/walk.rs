//! Walks over graphs whose nodes are anything small. They know nothing of revisions, keep their own stacks so that no
//! graph is too deep for them, and depend on nothing but what they are given: the same graph gives the same answer.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Visits all that can be reached from the seeds, nearest first.
///
/// `enter` is told of each arrival and where it came from, and says whether to go on from there; it must answer yes once
/// a node at most.
pub fn spread<N: Copy, I: IntoIterator<Item = N>>(
    seeds: impl IntoIterator<Item = N>,
    mut enter: impl FnMut(N, Option<N>) -> bool,
    mut next: impl FnMut(N) -> I,
) {
    let mut queue: VecDeque<N> = VecDeque::new();
    for seed in seeds {
        if enter(seed, None) {
            queue.push_back(seed);
        }
    }
    while let Some(from) = queue.pop_front() {
        for node in next(from) {
            if enter(node, Some(from)) {
                queue.push_back(node);
            }
        }
    }
}

/// Orders `members` so that each comes after those members that `before` names for it.
///
/// Where several are free, the order stays in the group of the last one; then the lowest place, a pair of group and rank
/// that must differ for any two nodes, goes first. Members on a cycle, and those after one, are left out.
/// `after` is the reverse of `before`; numbers are below `bound`.
pub fn order_in_groups<I, J>(
    members: impl Iterator<Item = usize> + Clone,
    bound: usize,
    place: impl Fn(usize) -> (usize, usize),
    before: impl Fn(usize) -> I,
    after: impl Fn(usize) -> J,
) -> Vec<usize>
where
    I: IntoIterator<Item = usize>,
    J: IntoIterator<Item = usize>,
{
    let mut member = vec![false; bound];
    for node in members.clone() {
        member[node] = true;
    }
    let mut waits_for = vec![0_usize; bound];
    let mut free: BTreeSet<((usize, usize), usize)> = BTreeSet::new();
    for node in members {
        waits_for[node] = before(node).into_iter().filter(|&other| member[other]).count();
        if waits_for[node] == 0 {
            free.insert((place(node), node));
        }
    }
    let mut order = Vec::new();
    let mut group = 0;
    while let Some(first) = first_staying_in(&free, group) {
        free.remove(&first);
        let ((its_group, _), node) = first;
        group = its_group;
        order.push(node);
        for later in after(node) {
            if member[later] {
                waits_for[later] -= 1;
                if waits_for[later] == 0 {
                    free.insert((place(later), later));
                }
            }
        }
    }
    order
}

fn first_staying_in(free: &BTreeSet<((usize, usize), usize)>, group: usize) -> Option<((usize, usize), usize)> {
    free.range(((group, 0), 0)..)
        .next()
        .filter(|((its_group, _), _)| *its_group == group)
        .or_else(|| free.first())
        .copied()
}

/// A shortest way from `start` back to itself, as the nodes on it, `start` first and once; empty if there is none.
pub fn cycle_through<N: Copy + Ord, I: IntoIterator<Item = N>>(start: N, next: impl FnMut(N) -> I) -> Vec<N> {
    let mut came_from: BTreeMap<N, N> = BTreeMap::new();
    let mut closed = false;
    spread(
        [start],
        |node, from| match from {
            None => true,
            Some(from) => {
                let fresh = !came_from.contains_key(&node);
                if fresh {
                    came_from.insert(node, from);
                }
                closed |= node == start;
                fresh && node != start
            }
        },
        next,
    );
    if !closed {
        return Vec::new();
    }
    let mut path = Vec::new();
    let mut node = start;
    while let Some(&from) = came_from.get(&node) {
        path.push(from);
        node = from;
        if node == start {
            break;
        }
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{cycle_through, order_in_groups, spread};

    fn reverse(edges: &[(usize, usize)]) -> Vec<(usize, usize)> {
        edges.iter().map(|&(from, to)| (to, from)).collect()
    }

    fn targets(edges: &[(usize, usize)], node: usize) -> Vec<usize> {
        edges.iter().filter(|(from, _)| *from == node).map(|(_, to)| *to).collect()
    }

    /// Groups are tens, ranks are ones.
    fn order(nodes: &[usize], needs: &[(usize, usize)]) -> Vec<usize> {
        let needed_by = reverse(needs);
        order_in_groups(
            nodes.iter().copied(),
            100,
            |node| (node / 10, node),
            |node| targets(needs, node),
            |node| targets(&needed_by, node),
        )
    }

    #[test]
    fn spreads_nearest_first() {
        let edges = [(0, 1), (0, 2), (1, 3), (2, 4), (4, 3), (3, 5), (5, 0)];
        let mut seen = BTreeSet::new();
        let mut arrivals = Vec::new();
        let enter = |node, from| {
            let fresh = seen.insert(node);
            if fresh {
                arrivals.push((node, from));
            }
            fresh
        };
        spread([0], enter, |node| targets(&edges, node));
        assert_eq!(arrivals, [(0, None), (1, Some(0)), (2, Some(0)), (3, Some(1)), (4, Some(2)), (5, Some(3))]);
    }

    #[test]
    fn order_stays_in_a_group_where_it_is_free_to() {
        assert_eq!(order(&[20, 1, 0, 10, 11], &[(1, 0), (11, 10)]), [0, 1, 10, 11, 20]);
        // 1 must wait for 10: group 1 is entered, and left only when nothing in it is free.
        assert_eq!(order(&[0, 1, 10, 11, 20], &[(1, 0), (1, 10)]), [0, 10, 11, 1, 20]);
        // 11 waits for 1: back to group 0, although 20 is free as well.
        assert_eq!(order(&[0, 1, 10, 11, 20], &[(1, 10), (11, 1)]), [0, 10, 1, 11, 20]);
    }

    #[test]
    fn order_looks_at_members_only() {
        assert_eq!(order(&[0, 2], &[(0, 1), (1, 2)]), [0, 2]);
    }

    #[test]
    fn what_is_on_a_cycle_or_after_it_is_left_out() {
        assert_eq!(order(&[0, 1, 2, 3], &[(1, 2), (2, 1), (3, 1)]), [0]);
    }

    #[test]
    fn repeated_edges_count_on_both_sides() {
        assert_eq!(order(&[0, 1], &[(0, 1), (0, 1)]), [1, 0]);
    }

    #[test]
    fn a_cycle_is_found_whole_and_shortest() {
        let edges = [(0, 1), (1, 2), (2, 3), (3, 0), (2, 0), (4, 0)];
        assert_eq!(cycle_through(0, |node| targets(&edges, node)), [0, 1, 2]);
        assert_eq!(cycle_through(3, |node| targets(&edges, node)), [3, 0, 1, 2]);
        assert_eq!(cycle_through(4, |node| targets(&edges, node)), Vec::<usize>::new());
        assert_eq!(cycle_through(7, |_| [7]), [7]);
    }

    #[test]
    fn depth_is_no_matter() {
        let length = 200_000;
        let next = |node: usize| (node + 1 < length).then_some(node + 1);
        let mut count = 0;
        let mut seen = vec![false; length];
        let enter = |node: usize, _| {
            count += 1;
            !std::mem::replace(&mut seen[node], true)
        };
        spread([0], enter, next);
        assert_eq!(count, length);
        let ordered = order_in_groups(0..length, length, |node| (0, node), next, |node| node.checked_sub(1));
        assert!(ordered.into_iter().eq((0..length).rev()));
        assert_eq!(cycle_through(0, |node: usize| [(node + 1) % length]).len(), length);
    }
}
