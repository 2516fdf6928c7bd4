//! Names as a population has them: common ones that many share, and a long tail.

use std::collections::BTreeSet;

use crate::random::Random;

/// Names in the order of how common they are, with what a draw needs.
pub struct Names {
    names: Vec<String>,
    /// The sum of the weights up to and with each name.
    cumulative: Vec<f64>,
}

impl Names {
    /// 3,000 family names.
    pub fn families(random: &mut Random) -> Self {
        Self::new(FAMILIES, 3000, random)
    }

    /// 1,000 given names.
    pub fn given(random: &mut Random) -> Self {
        Self::new(GIVEN, 1000, random)
    }

    /// The real ones first, which so become the common ones, and made-up ones behind.
    ///
    /// The n-th has the weight 1 / (n + 20): a Zipf law that is flat at the top, by which the most
    /// common of 3,000 names is that of one person in a hundred, as in the United States.
    fn new(real: &str, count: usize, random: &mut Random) -> Self {
        let mut names: Vec<String> = real.split(',').map(|name| name.trim().into()).collect();
        let mut known: BTreeSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
        while names.len() < count {
            let name = made_up(random);
            if known.insert(name.to_lowercase()) {
                names.push(name);
            }
        }
        let mut sum = 0.0;
        let cumulative = (0..count)
            .map(|rank| {
                sum += 1.0 / (rank as f64 + 20.0);
                sum
            })
            .collect();
        Self { names, cumulative }
    }

    pub fn draw(&self, random: &mut Random) -> String {
        let sum = self.cumulative[self.cumulative.len() - 1];
        let at = random.fraction() * sum;
        let drawn = self.cumulative.partition_point(|up_to| *up_to <= at);
        self.names[drawn.min(self.names.len() - 1)].clone()
    }
}

fn made_up(random: &mut Random) -> String {
    const STARTS: [&str; 30] = [
        "b", "br", "c", "ch", "d", "dr", "f", "g", "gr", "h", "j", "k", "kr", "l", "m", "n", "p",
        "pr", "qu", "r", "s", "sch", "sh", "st", "t", "th", "tr", "v", "w", "z",
    ];
    const VOWELS: [&str; 8] = ["a", "e", "i", "o", "u", "ei", "ou", "y"];
    const ENDS: [&str; 16] = [
        "n", "r", "s", "l", "tt", "ck", "ng", "son", "man", "ski", "ez", "ini", "berg", "ford",
        "ley", "a",
    ];
    let mut name = String::new();
    for part in [&STARTS[..], &VOWELS, &STARTS, &VOWELS, &ENDS] {
        name.push_str(part[random.below(part.len())]);
    }
    let (first, rest) = name.split_at(1);
    format!("{}{rest}", first.to_uppercase())
}

/// Of ASCII letters, apostrophes and spaces, so that ground truth needs no Unicode; `Ng` and others
/// are shorter than the prefix that is indexed.
const FAMILIES: &str = "Smith, Johnson, Williams, Brown, Jones, Garcia, Miller, Davis, Rodriguez, \
    Martinez, Hernandez, Lopez, Gonzalez, Wilson, Anderson, Thomas, Taylor, Moore, Jackson, Martin, \
    Lee, Perez, Thompson, White, Harris, Sanchez, Clark, Ramirez, Lewis, Robinson, Walker, Young, \
    Allen, King, Wright, Scott, Torres, Nguyen, Hill, Flores, Green, Adams, Nelson, Baker, Hall, \
    Rivera, Campbell, Mitchell, Carter, Roberts, Gomez, Phillips, Evans, Turner, Diaz, Parker, \
    Cruz, Edwards, Collins, Reyes, Stewart, Morris, Morales, Murphy, Cook, Rogers, Gutierrez, \
    Ortiz, Morgan, Cooper, Peterson, Bailey, Reed, Kelly, Howard, Ramos, Kim, Cox, Ward, \
    Richardson, Watson, Brooks, Chavez, Wood, James, Bennett, Gray, Mendoza, Ruiz, Hughes, Price, \
    Alvarez, Castillo, Sanders, Patel, Myers, Long, Ross, Foster, Jimenez, Powell, Jenkins, Perry, \
    Russell, Sullivan, Bell, Coleman, Butler, Henderson, Barnes, Gonzales, Fisher, Vasquez, \
    Simmons, O'Neil, O'Connor, Dela Cruz, van der Berg, Smyth, Smythe, Schmidt, Meyer, Meier, \
    Maier, Li, Ng, Wu, Ho, Xu, Chen, Wang, Zhang, Macdonald, McDonald, Jonson, Johnston";

const GIVEN: &str = "James, Mary, Robert, Patricia, John, Jennifer, Michael, Linda, David, \
    Elizabeth, William, Barbara, Richard, Susan, Joseph, Jessica, Thomas, Sarah, Charles, Karen, \
    Christopher, Lisa, Daniel, Nancy, Matthew, Betty, Anthony, Sandra, Mark, Margaret, Donald, \
    Ashley, Steven, Kimberly, Andrew, Emily, Paul, Donna, Joshua, Michelle, Kenneth, Carol, Kevin, \
    Amanda, Brian, Melissa, George, Deborah, Timothy, Stephanie, Maria, Jose, Ana, Luis, Wei, Mei";
